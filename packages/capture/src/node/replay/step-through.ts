import { iterateBatches } from '../read/batch-iterator.ts';
import type { CaptureSource } from '../folder/list-files.ts';
import type { CapturedFrame } from '../read/frame-view.ts';
import { openCapture } from '../read/open-capture.ts';
import type { Capture } from '../read/open-capture.ts';
import { isCapture } from './replay.ts';
import { createRecordedTime } from './recorded-time.ts';

/** Plays a capture only as far as it is asked to. */
export interface Stepper extends AsyncDisposable {
  /** Recorded milliseconds since the first frame. */
  readonly elapsedMs: number;
  /** The next frame, whenever it was received; `undefined` at the end. */
  next(): Promise<CapturedFrame | undefined>;
  /** Lets `ms` of recorded time pass and gives the frames received in it. */
  advance(ms: number): Promise<readonly CapturedFrame[]>;
  /** Closes the file; at the end of the capture it has closed itself. */
  close(): Promise<void>;
}

/**
 * Replays a capture step by step, by frames or by recorded time, without a clock. Calls must not overlap.
 *
 * @throws CaptureError on the first step, as `openCapture`
 */
export function stepThrough(source: CaptureSource | Capture): Stepper {
  const { frames } = isCapture(source) ? source : openCapture(source);
  // The frame read ahead must stay valid until it is requested.
  const iterator = iterateBatches(frames.batches({ reuse: false }));
  const recordedTime = createRecordedTime();
  let elapsedMs = 0;
  let ahead: { readonly frame: CapturedFrame; readonly atMs: number } | undefined;

  async function look(): Promise<typeof ahead> {
    if (ahead !== undefined) return ahead;
    const next = await iterator.next();
    if (next.done === true) return undefined;
    ahead = { frame: next.value, atMs: recordedTime(next.value) };
    return ahead;
  }

  async function close(): Promise<void> {
    ahead = undefined;
    await iterator.return?.();
  }

  return {
    get elapsedMs() {
      return elapsedMs;
    },
    async next() {
      const found = await look();
      ahead = undefined;
      elapsedMs = Math.max(elapsedMs, found?.atMs ?? 0);
      return found?.frame;
    },
    async advance(ms) {
      elapsedMs += ms;
      const due: CapturedFrame[] = [];
      for (let found = await look(); found !== undefined && found.atMs <= elapsedMs; found = await look()) {
        due.push(found.frame);
        ahead = undefined;
      }
      return due;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
