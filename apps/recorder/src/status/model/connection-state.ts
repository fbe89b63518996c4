import { createRateMeter, type RateMeter } from './rate-meter.ts';
import type { ConnectionPhase } from './status-snapshot.ts';

/** The current state of a connection; times are monotonic milliseconds. */
export interface ConnectionState {
  readonly connection: number;
  readonly url: string;
  /** Of two redundant feeds; undefined when no socket opened. */
  readonly line: number | undefined;
  readonly openedAt: number;
  phase: ConnectionPhase;
  since: number;
  retryAt: number | undefined;
  reason: string | undefined;
  readonly frames: RateMeter;
  readonly bytes: RateMeter;
  lastFrameAt: number | undefined;
  sequence: number | undefined;
  gaps: number;
  missing: number;
  channels: readonly string[];
  products: ReadonlySet<string>;
  unacknowledged: readonly string[];
  /** Product → since when it is stale. */
  readonly stale: Map<string, number>;
}

/** A connection whose socket has just opened. */
export function opened(
  connection: number,
  { url, line, at }: Pick<ConnectionState, 'url' | 'line'> & { at: number },
): ConnectionState {
  return {
    connection,
    url,
    line,
    openedAt: at,
    phase: 'open',
    since: at,
    retryAt: undefined,
    reason: undefined,
    frames: createRateMeter(),
    bytes: createRateMeter(),
    lastFrameAt: undefined,
    sequence: undefined,
    gaps: 0,
    missing: 0,
    channels: [],
    products: new Set(),
    unacknowledged: [],
    stale: new Map(),
  };
}
