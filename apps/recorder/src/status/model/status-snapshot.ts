import type { IncidentKind } from '../../events/recorder-event.ts';

/**
 * The state of a recording at one moment, as plain JSON: the only source of the live view, the status page,
 * `/status.json` and `/metrics`. Times are Unix milliseconds, durations and ages milliseconds,
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
  /** Open connections first, then those waiting to reconnect, then the last few that ended. */
  readonly connections: readonly ConnectionSnapshot[];
  /** Frames by channel and product, most frames first; beyond the limits as `(other)`. */
  readonly streams: readonly StreamSnapshot[];
  readonly lag: LagSnapshot;
  /** Absent before the first accepted handshake with a date. */
  readonly clock?: ClockSkew;
  /** The latest {@link INCIDENT_LIMIT}, oldest first. */
  readonly incidents: readonly Incident[];
  /** Ordered by product; absent if no books are kept. */
  readonly books?: BooksSnapshot;
  readonly capture: CaptureSnapshot;
}

/** Window of rates, in complete seconds. */
export const RATE_WINDOW_SECONDS = 5;

/** Incidents that are listed; older ones are only in the totals. */
export const INCIDENT_LIMIT = 200;

export type HealthLevel = 'good' | 'warning' | 'bad';

/** A level and the reasons for it, unless it is good. */
export interface Health {
  readonly level: HealthLevel;
  readonly reasons: readonly string[];
}

/** Exact counts since the start, whatever the limits of the lists, as defined in the glossary. */
export interface Totals {
  readonly frames: number;
  readonly bytes: number;
  /** Connections opened, including reconnects. */
  readonly connections: number;
  readonly disconnects: number;
  readonly recoveries: number;
  readonly gaps: number;
  /** Frames missing by sequence number when the gap was found. */
  readonly gapFrames: number;
  /** Frames of a gap that arrived late; `gapFrames - late` are still missing. */
  readonly late: number;
  /** Gaps of unknown extent, such as an outage. */
  readonly unknownGaps: number;
  readonly duplicates: number;
  readonly restarts: number;
  readonly stale: number;
  /** Frames with an invalid sequence number. */
  readonly invalid: number;
  /** Error replies of the exchange. */
  readonly rejected: number;
  /** Subscriptions missing from an acknowledgement, counted once each time they go missing. */
  readonly omitted: number;
}

/** `waiting` has lost its socket and will reconnect, `ended` will not. */
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
  /** The client's reason for the close. */
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
  /** Products that are stale until their next snapshot. */
  readonly staleProducts: number;
  /** The first few subscriptions without acknowledgement, as `channel product`. */
  readonly unacknowledged: readonly string[];
  /** How many there are. */
  readonly unacknowledgedCount: number;
}

export interface StreamSnapshot {
  readonly channel: string;
  /**
   * Empty for private channels and those without products, `(several)` for frames about more than one, `(other)`
   * beyond the limit.
   */
  readonly product: string;
  readonly frames: number;
  readonly bytes: number;
  readonly framesPerSecond: number;
}

/**
 * Receive time by this machine's clock minus the envelope's timestamp by the exchange's: delay and clock
 * difference together, which one side cannot separate. Sampled, at most five frames a second and
 * connection. Over the last minute; absent without samples.
 */
export interface LagSnapshot {
  readonly medianMs?: number;
  readonly maximumMs?: number;
  readonly minimumMs?: number;
  /** What the lag implies about this machine's clock, if anything. */
  readonly note?: string;
}

/** How far this machine's clock is ahead of the exchange's (negative: behind), by the `Date` of a handshake. */
export interface ClockSkew {
  readonly skewMs: number;
  /** Uncertainty, without the travel time of the answer. */
  readonly uncertaintyMs: number;
  readonly measuredAt: number;
}

/** An event that an operator should see. */
export interface Incident {
  /** Counts up from 0 through the run. */
  readonly id: number;
  readonly at: number;
  readonly kind: IncidentKind;
  readonly connection?: number;
  /** A sentence without control characters. */
  readonly text: string;
  /** How many events within a second were merged into this one. */
  readonly times: number;
  /** `gap`: frames missing; `null` if unknown. */
  readonly count?: number | null;
  /** `recovery`: how long it took. */
  readonly afterMs?: number;
}

export interface BooksSnapshot {
  readonly kept: readonly BookTop[];
  /** Maximum number of books. */
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
  /** `disk-full`: frames are queued, then dropped; `failed`: writing has ended with an error; `closed`: stopped. */
  readonly state: 'recording' | 'disk-full' | 'failed' | 'closed';
  /** The error of `failed`. */
  readonly failure?: string;
  /** Written by this run, before compression. */
  readonly frames: number;
  readonly bytes: number;
  /** Frames received and not written. */
  readonly dropped: number;
  /** Accepted and not yet written. */
  readonly queuedBytes: number;
  /** Segments so far. */
  readonly sealed: number;
  readonly compressed: number;
  readonly deleted: number;
  /** Compressed size divided by the size before, over all compressed segments. */
  readonly compressionRatio?: number;
  /** The newest ones, newest first. */
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

/** One value per second for the charts, oldest first; `null` without a sample. */
export interface StatusHistory {
  /** Unix milliseconds at which each second began. */
  readonly at: readonly number[];
  readonly frames: readonly number[];
  readonly bytes: readonly number[];
  readonly lagMedianMs: readonly (number | null)[];
  readonly lagMaximumMs: readonly (number | null)[];
}
