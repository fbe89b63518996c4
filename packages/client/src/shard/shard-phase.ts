import type { Instant } from '../model/clock.ts';
import type { Backoff, Timeouts } from '../model/timeouts.ts';
import type { RetryAction } from './retry-policy.ts';
import type { TransportFailure } from '../transport/transport.ts';

/** A phase of a shard's lifecycle. */
export type ShardPhase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryAt: Instant }
  | {
      readonly kind: 'opening';
      readonly attempt: number;
      readonly deadline: Instant;
      readonly failure?: TransportFailure;
    }
  | {
      readonly kind: 'open';
      readonly attempt: number;
      readonly openedAt: Instant;
      readonly stale: boolean;
      /** Bytes received and when they were last checked, to tell a slow connection from a dead one. */
      readonly progress: { readonly at: Instant; readonly bytes: number };
      readonly failure?: TransportFailure;
    }
  | { readonly kind: 'closing'; readonly deadline: Instant }
  | { readonly kind: 'stopped' };

export type ShardInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'failed'; readonly failure: TransportFailure }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  /** Replaces this socket by a new one. */
  | { readonly kind: 'abandon'; readonly reason: string }
  /** Our process stood still for `ms` at most: no answer is late because of that. */
  | { readonly kind: 'stalled'; readonly ms: number }
  | { readonly kind: 'tick' };

/** What a step may know about the world. */
export interface ShardContext {
  readonly now: Instant;
  /** A random number in [0, 1). */
  readonly random: number;
  readonly timeouts: Timeouts;
  readonly backoff: Backoff;
  /** From when a socket may be opened: pace, authentication and a full queue may forbid it. */
  readonly openableAt: Instant;
  /** When the last frame came, or the socket was opened or resumed. */
  readonly lastFrameAt: Instant;
  /** Whether any frame with data has come over this socket. */
  readonly data: boolean;
  readonly bytes: number;
  /** The socket is paused by us, so silence proves nothing. */
  readonly paused: boolean;
  /** A URL that has worked in this feed is never given up for an answer that may pass. */
  readonly hasWorked: boolean;
  /** Failed attempts in a row after which to stop. */
  readonly maxAttempts: number;
}

export type ShardEffect =
  | { readonly kind: 'open-socket'; readonly attempt: number }
  | { readonly kind: 'close-socket' }
  | { readonly kind: 'terminate-socket' }
  | { readonly kind: 'went-stale' }
  | {
      readonly kind: 'ended';
      readonly reason: string;
      readonly code: number;
      readonly failure: TransportFailure | undefined;
      readonly wasOpen: boolean;
      readonly action: RetryAction;
      /** Absent: the shard does not try again. */
      readonly retryInMs?: number;
    };

export interface ShardStep {
  readonly phase: ShardPhase;
  readonly effects: readonly ShardEffect[];
}
