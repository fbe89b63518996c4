import type { IncidentKind } from '../../events/recorder-event.ts';

/**
 * What a recording looks like at one moment, as plain JSON: the terminal view, the status page, `/status.json`
 * and `/metrics` all read this and nothing else. Times are Unix milliseconds, durations and ages milliseconds,
 * sizes bytes, rates means over the last {@link RATE_WINDOW_SECONDS} complete seconds.
 */
export interface StatusSnapshot {
  readonly at: number;
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly health: Health;
  readonly totals: Totals;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Live connections first, then those that wait for their next attempt, then the last few that ended. */
  readonly connections: readonly ConnectionSnapshot[];
  /** Frames by channel and product, most frames first; what the limits leave no room for is in `(other)`. */
  readonly streams: readonly StreamSnapshot[];
  readonly lag: LagSnapshot;
  /** Absent before the first accepted handshake with a date. */
  readonly clock?: ClockSkew;
  /** The latest {@link INCIDENT_LIMIT}, oldest first. */
  readonly incidents: readonly Incident[];
  /** In the order of their products; absent when no books are kept. */
  readonly books?: BooksSnapshot;
  readonly capture: CaptureSnapshot;
}

/** How many complete seconds a rate is the mean of. */
export const RATE_WINDOW_SECONDS = 5;

/** Incidents that are remembered; older ones are only in the totals. */
export const INCIDENT_LIMIT = 200;

export type HealthLevel = 'good' | 'warning' | 'bad';

/** A level and, unless it is good, the sentences that say why. */
export interface Health {
  readonly level: HealthLevel;
  readonly reasons: readonly string[];
}

/** Counted exactly since the start, whatever the limits of the lists; each as the glossary defines it. */
export interface Totals {
  readonly frames: number;
  readonly bytes: number;
  /** Connections that were opened, first ones and reconnects alike. */
  readonly connections: number;
  readonly disconnects: number;
  readonly recoveries: number;
  readonly gaps: number;
  /** Frames that gaps of the numbering lacked when they were found. */
  readonly gapFrames: number;
  /** Gap frames that arrived late after all; `gapFrames - late` are still missing. */
  readonly late: number;
  /** Of the gaps: those whose extent nobody can know, such as an outage. */
  readonly unknownGaps: number;
  readonly duplicates: number;
  readonly restarts: number;
  readonly stale: number;
  /** Frames whose sequence number is not one. */
  readonly invalid: number;
  /** Error replies of the exchange. */
  readonly rejected: number;
  /** Subscriptions that an acknowledgement left out, counted whenever one newly does. */
  readonly omitted: number;
}

/** `waiting` has lost its socket and will try again, `ended` will not. */
export type ConnectionPhase = 'open' | 'subscribed' | 'waiting' | 'ended';

export interface ConnectionSnapshot {
  readonly connection: number;
  readonly url: string;
  readonly phase: ConnectionPhase;
  readonly health: Health;
  /** When the socket opened. */
  readonly openedAt: number;
  /** When the phase began. */
  readonly since: number;
  /** `waiting` only: when the next attempt is due. */
  readonly retryAt?: number;
  /** Why the socket closed, as the client says it. */
  readonly reason?: string;
  readonly frames: number;
  readonly bytes: number;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Since the last frame; absent before the first. */
  readonly lastFrameAgeMs?: number;
  /** The newest sequence number; absent before the first. */
  readonly sequence?: number;
  readonly gaps: number;
  readonly missing: number;
  readonly channels: readonly string[];
  readonly products: number;
  /** Products that are not to be trusted until their next snapshot. */
  readonly staleProducts: number;
  /** Asked for and not acknowledged, as `channel product`; the first few. */
  readonly unacknowledged: readonly string[];
  /** How many there are. */
  readonly unacknowledgedCount: number;
}

export interface StreamSnapshot {
  readonly channel: string;
  /**
   * Empty for a channel without products or a private one, `(several)` for frames about more than one, `(other)` for
   * what exceeded the limit.
   */
  readonly product: string;
  readonly frames: number;
  readonly bytes: number;
  readonly framesPerSecond: number;
}

/**
 * Receive time by this machine's clock minus the envelope's timestamp by the exchange's: delay and clock
 * difference together, which nobody can tell apart from one side. Sampled, at most five frames a second and
 * connection. Over the last minute; absent without samples.
 */
export interface LagSnapshot {
  readonly medianMs?: number;
  readonly maximumMs?: number;
  readonly minimumMs?: number;
  /** What the figures say about this machine's clock, when they say something. */
  readonly note?: string;
}

/** How far this machine's clock is ahead of the exchange's (negative: behind), by the `Date` of a handshake. */
export interface ClockSkew {
  readonly skewMs: number;
  /** How wrong that may be, the time that the answer was under way not counted. */
  readonly uncertaintyMs: number;
  readonly measuredAt: number;
}

/** Something an operator would want to have seen. */
export interface Incident {
  /** Counts up from 0 through the run. */
  readonly id: number;
  readonly at: number;
  readonly kind: IncidentKind;
  readonly connection?: number;
  /** A sentence without control characters. */
  readonly text: string;
  /** Gaps of one connection and one reason within a second are one incident. */
  readonly times: number;
  /** `gap`: frames that are missing, `null` when nobody can know. */
  readonly count?: number | null;
  /** `recovery`: how long it took. */
  readonly afterMs?: number;
}

export interface BooksSnapshot {
  readonly kept: readonly BookTop[];
  /** How many books are kept at most. */
  readonly limit: number;
  /** Products whose book is not kept because of the limit. */
  readonly notKept: number;
}

/** The best levels of one book. Prices and sizes are exact decimals. */
export interface BookTop {
  readonly product: string;
  readonly connection: number;
  readonly status: 'empty' | 'fresh' | 'stale';
  readonly bid?: PriceAndSize;
  readonly ask?: PriceAndSize;
  readonly spread?: string;
  readonly levels: number;
  /** When the book last changed. */
  readonly updatedAt?: number;
  /** Why it is stale. */
  readonly reason?: string;
}

export interface PriceAndSize {
  readonly price: string;
  readonly size: string;
}

export interface CaptureSnapshot {
  readonly folder?: string;
  readonly run?: string;
  /** `disk-full`: frames are held, then dropped; `failed`: nothing is written any more; `closed`: stopped on purpose. */
  readonly state: 'recording' | 'disk-full' | 'failed' | 'closed';
  /** Why it failed. */
  readonly failure?: string;
  /** Written by this run, before compression. */
  readonly frames: number;
  readonly bytes: number;
  /** Frames that were received and could not be written. */
  readonly dropped: number;
  /** Accepted and not yet written. */
  readonly queuedBytes: number;
  /** Segments that were … so far. */
  readonly sealed: number;
  readonly compressed: number;
  readonly deleted: number;
  /** Compressed size divided by the size before, over all compressed segments. */
  readonly compressionRatio?: number;
  /** The newest, newest first. */
  readonly segments: readonly SegmentSnapshot[];
  readonly disk?: {
    readonly freeBytes: number;
    readonly totalBytes: number;
    /** Until the disk is full at the mean rate of the last five minutes, after compression. */
    readonly timeLeftMs?: number;
  };
}

export interface SegmentSnapshot {
  readonly file: string;
  readonly state: 'open' | 'sealed' | 'compressed' | 'deleted';
  readonly openedAt?: number;
  readonly sealedAt?: number;
  readonly frames?: number;
  /** Before compression. */
  readonly bytes?: number;
  readonly compressedBytes?: number;
}

/** One column a second for the charts, oldest first; `null` where there was no sample. */
export interface StatusHistory {
  /** Unix milliseconds at which each second began. */
  readonly at: readonly number[];
  readonly frames: readonly number[];
  readonly bytes: readonly number[];
  readonly lagMedianMs: readonly (number | null)[];
  readonly lagMaximumMs: readonly (number | null)[];
}
