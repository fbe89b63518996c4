import { createLogUpdate } from 'log-update';
import { say, type Terminal } from '../terminal.ts';
import { bytesText, countText, durationText } from '../figures.ts';
import type { RecordingTotals } from './recording-totals.ts';

/** Shows a running recording until it is stopped. */
export interface Progress {
  /** Something happened that a person wants to know. */
  note(line: string): void;
  stop(): void;
}

const silent: Progress = { note: () => undefined, stop: () => undefined };

/** Without a terminal a line a second for the first minute, then one every ten seconds. */
const FAST_LINES = 60;
const SLOW_EVERY = 10;

/**
 * On a terminal one line that is rewritten in place, elsewhere plain lines; both on standard error, so that
 * standard output holds nothing but the result.
 */
export function showProgress(
  terminal: Terminal,
  {
    totals,
    durationMs,
    quiet,
  }: { totals: Readonly<RecordingTotals>; durationMs: number | undefined; quiet: boolean },
): Progress {
  if (quiet) return silent;
  const started = performance.now();
  let previousFrames = 0;
  let ticks = 0;
  const inPlace = terminal.stderr.isTTY === true ? createLogUpdate(terminal.stderr) : undefined;
  const tick = (): void => {
    ticks += 1;
    const rate = totals.frames - previousFrames;
    previousFrames = totals.frames;
    const line = progressLine(totals, { elapsedMs: performance.now() - started, durationMs, rate });
    if (inPlace !== undefined) inPlace(line);
    else if (ticks <= FAST_LINES || ticks % SLOW_EVERY === 0) say(terminal.stderr, line);
  };
  const timer = setInterval(tick, 1000);
  return {
    note(line) {
      inPlace?.clear();
      say(terminal.stderr, line);
    },
    stop() {
      clearInterval(timer);
      inPlace?.clear();
    },
  };
}

function progressLine(
  totals: Readonly<RecordingTotals>,
  { elapsedMs, durationMs, rate }: { elapsedMs: number; durationMs: number | undefined; rate: number },
): string {
  const time =
    durationMs === undefined
      ? durationText(elapsedMs)
      : `${durationText(elapsedMs)} of ${durationText(durationMs)}`;
  const parts = [
    `recording ${time}`,
    countText(totals.frames, 'frame'),
    `${rate}/s`,
    bytesText(totals.bytes),
    countText(totals.connections, 'connection'),
    countText(totals.gaps + totals.unknownGaps, 'gap'),
  ];
  return parts.join(' · ');
}
