import type { ExchangeKey } from '../api-key.ts';
import type { Clock } from '../clock.ts';
import { createMarketExchange } from '../market-exchange.ts';
import type { FaultControl } from '../faults/fault-control.ts';
import type { Ledger } from '../ledger.ts';
import { DEFAULT_START, type ExchangeOptions, resolveOptions } from '../options.ts';
import { createMemorySocket, type MemorySocket, type MemorySocketListener } from './memory-socket.ts';

export interface MemoryOptions extends ExchangeOptions {
  /** Drives everything; the same clock as the client under test. */
  readonly clock: Clock;
  /** Milliseconds since 1970, for tokens and `Date`. @default the exchange's start time plus the clock */
  readonly wallNow?: () => number;
  /** One way, in milliseconds of the clock. @default 0 */
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

/** The exchange without a socket: same core, same faults, same frames, on a clock of the caller's. */
export interface MemoryExchange {
  /** To be handed to the client together with {@link transport}: it resolves nowhere else. */
  readonly url: string;
  readonly userUrl: string;
  readonly transport: MemoryTransport;
  readonly keys: readonly ExchangeKey[];
  readonly faults: FaultControl;
  readonly ledger: Ledger;
  /** Closes every connection with 1001; nothing of it stays on the clock but what is under way to clients. */
  close(): void;
}

const URL = 'ws://exchange.memory';
const USER_URL = `${URL}/user`;

/** An exchange for deterministic runs: whoever moves the clock moves it. */
export function createMemoryExchange(options: MemoryOptions): MemoryExchange {
  const { clock, latencyMs = 0 } = options;
  const began = options.startAt instanceof Date ? options.startAt : DEFAULT_START;
  const beganAt = clock.now();
  const wallNow = options.wallNow ?? ((): number => began.getTime() + clock.now() - beganAt);
  const resolved = resolveOptions(options, wallNow);
  const core = createMarketExchange(resolved, clock);

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
