import { checkOptions } from '../exchange/check-options.ts';
import type { CaptureSource } from '@feedtape/capture/node';
import type { ExchangeKey } from '../connection/api-key.ts';
import type { Clock } from '../model/clock.ts';
import type { ExchangeCore } from '../exchange/exchange-core.ts';
import { createMarketExchange } from '../exchange/market-exchange.ts';
import type { FaultControl } from '../faults/fault-control.ts';
import type { Ledger } from '../ledger/ledger.ts';
import {
  DEFAULT_START,
  type ExchangeOptions,
  type ResolvedOptions,
  resolveOptions,
} from '../exchange/options.ts';
import { createCaptureExchange } from '../playback/capture-exchange.ts';
import type { CaptureMode } from '../playback/playback-subscriptions.ts';
import { loadRecording } from '../playback/recording.ts';
import { createMemorySocket, type MemorySocket, type MemorySocketListener } from './memory-socket.ts';

export interface MemoryOptions extends ExchangeOptions {
  /** Drives everything; share it with the client under test. */
  readonly clock: Clock;
  /** Milliseconds since 1970, for tokens and `Date`. @default the exchange's start time plus the clock */
  readonly wallNow?: () => number;
  /** One-way latency in milliseconds of the clock, at least 0. @default 0 */
  readonly latencyMs?: number;
}

/** What {@link MemoryExchange} lends a client instead of sockets; the client's own transport has this shape. */
export interface MemoryTransport {
  open(
    url: string,
    options: { readonly headers?: Readonly<Record<string, string>> },
    listener: MemorySocketListener,
  ): MemorySocket;
}

/** The exchange in memory: same core, faults and frames, on the caller's clock. */
export interface MemoryExchange {
  /** To be handed to the client together with {@link transport}: it resolves nowhere else. */
  readonly url: string;
  readonly userUrl: string;
  readonly transport: MemoryTransport;
  readonly keys: readonly ExchangeKey[];
  readonly faults: FaultControl;
  readonly ledger: Ledger;
  /** Closes every connection with 1001; only frames already in flight to clients stay on the clock. */
  close(): void;
}

const URL = 'ws://exchange.memory';
const USER_URL = `${URL}/user`;

/**
 * Creates an exchange for deterministic runs, driven by the given clock.
 * @throws {SimulatorError} `SIMULATOR_OPTION_INVALID`, `SIMULATOR_FAULT_INVALID`
 *
 * @example
 * ```ts
 * const clock = createVirtualClock();
 * const { url, transport } = createMemoryExchange({ clock });
 * const feed = openFeed({ url, transport, clock, subscriptions: [{ channel: 'status' }] });
 * await clock.advance(1_000);
 * ```
 */
export function createMemoryExchange(options: MemoryOptions): MemoryExchange {
  checkOptions(options, ['clock']);
  const wallNow = wallClockOf(options);
  const resolved = resolveOptions(options, wallNow);
  return memoryExchange(options, { wallNow, resolved, core: createMarketExchange(resolved, options.clock) });
}

export interface MemoryReplayOptions extends MemoryOptions {
  /** A file, a folder, a pattern, or several. The whole of it is held in memory. */
  readonly capture: CaptureSource;
  /** How the capture is served. @default 'merged' */
  readonly captureMode?: CaptureMode;
}

/**
 * The same with a capture behind it instead of a market: resolves when the capture is read, and from then on waits
 * for nothing but the clock.
 * @throws {SimulatorError} `SIMULATOR_CAPTURE_UNUSABLE`, `SIMULATOR_OPTION_INVALID`, `SIMULATOR_FAULT_INVALID`
 *
 * @example
 * ```ts
 * const clock = createVirtualClock();
 * const exchange = await replayInMemory({ clock, capture: 'captures/' });
 * ```
 */
export async function replayInMemory(options: MemoryReplayOptions): Promise<MemoryExchange> {
  checkOptions(options, ['clock', 'capture']);
  const { capture, captureMode: mode = 'merged', clock, speed = 1 } = options;
  const wallNow = wallClockOf(options);
  const resolved = resolveOptions(options, wallNow);
  const recording = await loadRecording(capture, { speed, clock });
  const core = createCaptureExchange(resolved, clock, { recording, mode });
  return memoryExchange(options, { wallNow, resolved, core });
}

function wallClockOf({ startAt, clock, wallNow }: MemoryOptions): () => number {
  const began = startAt instanceof Date ? startAt : DEFAULT_START;
  const beganAt = clock.now();
  return wallNow ?? ((): number => began.getTime() + clock.now() - beganAt);
}

interface Behind {
  readonly wallNow: () => number;
  readonly resolved: ResolvedOptions;
  readonly core: ExchangeCore;
}

function memoryExchange(
  { clock, latencyMs = 0 }: MemoryOptions,
  { wallNow, resolved, core }: Behind,
): MemoryExchange {
  return {
    url: URL,
    userUrl: USER_URL,
    transport: {
      open(url, _options, listener) {
        const endpoint = url.startsWith(USER_URL) ? 'user' : 'market';
        return createMemorySocket({ core, clock, wallNow, latencyMs, endpoint, listener });
      },
    },
    keys: resolved.generatedKeys,
    faults: core.faults,
    ledger: core.ledger,
    close: () => core.close(),
  };
}
