import { CaptureError } from '../../format/error.ts';
import { iterateBatches } from '../read/batch-iterator.ts';
import type { CaptureSource } from '../folder/list-files.ts';
import type { CapturedFrame } from '../read/frame-view.ts';
import { openCapture } from '../read/open-capture.ts';
import type { Capture, FrameStream, ReuseOptions } from '../read/open-capture.ts';
import { createRecordedTime } from './recorded-time.ts';

/** The clock that a replay is paced by, in monotonic ms. */
export interface ReplayClock {
  now(): number;
  setTimeout(wake: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

export interface ReplayOptions extends ReuseOptions {
  /** Pace: as recorded, a factor above 0, or as fast as frames can be read. @default 'recorded' */
  readonly speed?: 'recorded' | number | 'max';
  /** Longest pause in recorded ms; longer ones are cut short. @default Infinity */
  readonly maxPauseMs?: number;
  /** Rejects the iteration with its reason when it aborts, also during a pause. */
  readonly signal?: AbortSignal;
  /** Monotonic clock and timers in ms. @default the system's */
  readonly clock?: ReplayClock;
}

const systemClock: ReplayClock = {
  now: () => performance.now(),
  setTimeout: (wake, ms) => setTimeout(wake, ms),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};

/** A timer of the system cannot wait for longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Replays the frames of a capture in order, byte for byte, at the recorded pace. A frame never comes early; a consumer
 * that falls behind gets overdue frames at once. There is no pause between runs. Frames and order are the same at every
 * speed. `batches()` delivers all frames due at one moment together.
 *
 * @example
 * for await (const frame of replay('capture', { speed: 10 })) handle(frame.bytes);
 *
 * @throws CaptureError CAPTURE_OPTION, and when iterated as `openCapture`
 */
export function replay(source: CaptureSource | Capture, options: ReplayOptions = {}): FrameStream {
  const { speed = 'recorded', maxPauseMs = Number.POSITIVE_INFINITY, clock = systemClock, signal } = options;
  const factor = speed === 'recorded' ? 1 : speed;
  if (factor !== 'max' && !(factor > 0 && Number.isFinite(factor))) {
    throw new CaptureError('CAPTURE_OPTION', {
      option: 'speed',
      reason: 'not recorded, max, or more than 0',
    });
  }
  const { frames } = isCapture(source) ? source : openCapture(source);

  function batches(
    { reuse = options.reuse }: ReuseOptions,
    stop?: AbortSignal,
  ): AsyncIterable<readonly CapturedFrame[]> {
    const all = frames.batches(reuse === undefined ? {} : { reuse });
    if (factor === 'max') return signal === undefined ? all : untilAborted(all, signal);
    return paced(all, { factor, maxPauseMs, clock, signal, stop });
  }

  return {
    batches: (asked = {}) => batches(asked),
    [Symbol.asyncIterator]() {
      const stop = new AbortController();
      return iterateBatches(batches({}, stop.signal), () => stop.abort());
    },
  };
}

export function isCapture(source: CaptureSource | Capture): source is Capture {
  return typeof source === 'object' && 'frames' in source;
}

async function* untilAborted<T>(
  batches: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  for await (const batch of batches) {
    signal.throwIfAborted();
    yield batch;
  }
}

interface Pace {
  readonly factor: number;
  readonly maxPauseMs: number;
  readonly clock: ReplayClock;
  readonly signal: AbortSignal | undefined;
  /** The consumer has left; aborting it ends the iteration instead of failing it. */
  readonly stop: AbortSignal | undefined;
}

async function* paced(
  batches: AsyncIterable<readonly CapturedFrame[]>,
  { factor, maxPauseMs, clock, signal, stop }: Pace,
): AsyncGenerator<readonly CapturedFrame[], void, undefined> {
  const elapsedMs = createRecordedTime(maxPauseMs);
  let startMs: number | undefined;
  for await (const batch of batches) {
    startMs ??= clock.now();
    let first = 0;
    for (const [at, frame] of batch.entries()) {
      const dueMs = startMs + elapsedMs(frame) / factor;
      if (dueMs <= clock.now()) continue;
      if (at > first) yield batch.slice(first, at);
      first = at;
      for (let nowMs = clock.now(); nowMs < dueMs; nowMs = clock.now()) {
        await pause(dueMs - nowMs, clock, [signal, stop]);
        signal?.throwIfAborted();
        if (stop?.aborted === true) return;
      }
    }
    signal?.throwIfAborted();
    yield first === 0 ? batch : batch.slice(first);
  }
}

/** Waits for a time or for one of the signals, whichever comes first. */
async function pause(
  ms: number,
  clock: ReplayClock,
  signals: readonly (AbortSignal | undefined)[],
): Promise<void> {
  if (signals.some((signal) => signal?.aborted === true)) return;
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      clock.clearTimeout(timer);
      for (const signal of signals) signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = clock.setTimeout(wake, Math.min(Math.ceil(ms), LONGEST_TIMER_MS));
    for (const signal of signals) signal?.addEventListener('abort', wake, { once: true });
  });
}
