import type { Decoded } from '@feedtape/protocol';
import type { LagSnapshot } from './status-snapshot.ts';

/** Sampling interval per connection, so that the cost does not grow with the frame rate. */
const SAMPLE_EVERY_MS = 200;

/** Larger frames are not decoded for their timestamp: a level2 snapshot has megabytes. */
const FRAME_LIMIT_BYTES = 16 * 1024;

/** Samples per second, enough for 16 connections. */
const SECOND_LIMIT = 80;

/** Seconds covered by the snapshot. */
const WINDOW_SECONDS = 60;

/** Tolerance for clock resolution: only a lag below its negative proves a slow clock. */
const PROVEN_MS = 5;

/** No network is this slow: the local clock is ahead, or the feed is late. */
const SUSPICIOUS_MS = 2000;

/** The part of a frame item that lag needs; `decoded` is read only for sampled frames. */
export interface TimedFrame {
  readonly connection: number;
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly decoded: Decoded;
}

/** Summary of one second's samples, before correction by the wall clock. */
export interface SecondOfLag {
  readonly median: number;
  readonly maximum: number;
  readonly minimum: number;
}

/**
 * Samples receive time minus envelope timestamp. Stores monotonic minus wall time and converts to lag with the wall clock
 * at the time of the snapshot, so that a clock step also corrects earlier samples.
 */
export interface LagSamples {
  sample(frame: TimedFrame): void;
  forget(connection: number): void;
  /** Ends the current second. */
  closeSecond(): SecondOfLag | undefined;
  /** `offset`: Unix milliseconds minus monotonic milliseconds, now. */
  snapshot(offset: number): LagSnapshot;
}

export function createLagSamples(): LagSamples {
  const lastSampled = new Map<number, number>();
  const window: (SecondOfLag | undefined)[] = [];
  let current: number[] = [];

  return {
    sample(frame) {
      const { connection, at, bytes } = frame;
      if (at - (lastSampled.get(connection) ?? -Infinity) < SAMPLE_EVERY_MS) return;
      if (bytes.length > FRAME_LIMIT_BYTES || current.length >= SECOND_LIMIT) return;
      lastSampled.set(connection, at);
      const sentAt = envelopeTime(frame.decoded);
      if (sentAt !== undefined) current.push(at - sentAt);
    },
    forget(connection) {
      lastSampled.delete(connection);
    },
    closeSecond() {
      const second = summaryOf(current);
      current = [];
      window.push(second);
      if (window.length > WINDOW_SECONDS) window.shift();
      return second;
    },
    snapshot: (offset) => lagOf([...window, summaryOf(current)], offset),
  };
}

/** The timestamp of a message in Unix milliseconds. */
function envelopeTime(decoded: Decoded): number | undefined {
  const time = decoded.kind === 'message' ? Date.parse(decoded.message.timestamp) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}

function summaryOf(samples: readonly number[]): SecondOfLag | undefined {
  const sorted = samples.toSorted((left, right) => left - right);
  const [minimum] = sorted;
  const median = sorted[Math.floor(sorted.length / 2)];
  const maximum = sorted.at(-1);
  if (minimum === undefined || median === undefined || maximum === undefined) return undefined;
  return { median, maximum, minimum };
}

function lagOf(seconds: readonly (SecondOfLag | undefined)[], offset: number): LagSnapshot {
  const sampled = seconds.filter((second) => second !== undefined);
  const summary = summaryOf(sampled.map(({ median }) => median));
  if (summary === undefined) return {};
  const medianMs = roundedMs(summary.median + offset);
  const maximumMs = roundedMs(Math.max(...sampled.map(({ maximum }) => maximum)) + offset);
  const minimumMs = roundedMs(Math.min(...sampled.map(({ minimum }) => minimum)) + offset);
  const note = noteOn(minimumMs);
  return { medianMs, maximumMs, minimumMs, ...(note === undefined ? {} : { note }) };
}

function noteOn(minimumMs: number): string | undefined {
  if (minimumMs < -PROVEN_MS)
    return `This machine's clock is at least ${-minimumMs} ms behind the exchange's: frames arrive before they were sent.`;
  if (minimumMs > SUSPICIOUS_MS)
    return `Every frame of the last minute was at least ${minimumMs} ms old: this machine's clock is ahead, or the feed is late.`;
  return undefined;
}

/** Rounds to a tenth of a millisecond. */
export const roundedMs = (value: number): number => Math.round(value * 10) / 10;
