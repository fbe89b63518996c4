import type { CapturedFrame } from '../read/frame-view.ts';

const NS_PER_MS = 1e6;

/**
 * Recorded time as one line: milliseconds since the first frame, asked for every frame in order. A run
 * follows the one before it at once, since what lies between them is not recorded time.
 */
export function createRecordedTime(
  maxPauseMs: number = Number.POSITIVE_INFINITY,
): (frame: CapturedFrame) => number {
  let run: string | undefined;
  let mono = 0;
  let elapsedMs = 0;
  return (frame) => {
    if (frame.run === run) elapsedMs += Math.min(Math.max(0, frame.mono - mono) / NS_PER_MS, maxPauseMs);
    run = frame.run;
    mono = frame.mono;
    return elapsedMs;
  };
}
