import { createLogUpdate } from 'log-update';
import { bytesText, countText, durationText } from '../figures.ts';
import type { RecordingStatus } from '../status/recording-status.ts';
import { say, type Terminal } from '../terminal.ts';
import { liveView } from './live-view.ts';
import type { RecordingTotals } from './recording-totals.ts';

/** Shows a running recording until it is stopped. Everything goes to standard error; the result has the other. */
export interface Progress {
  /** Something happened that a person wants to know. */
  note(line: string): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly totals: Readonly<RecordingTotals>;
  /** Needed for the view in place; without it there are lines. */
  readonly status: RecordingStatus | undefined;
  readonly durationMs: number | undefined;
  readonly quiet: boolean;
}

const REWRITE_MS = 250;

/** Without a terminal a line a second for the first minute, then one every ten seconds. */
const FAST_LINES = 60;
const SLOW_EVERY = 10;

/** On a terminal a view that is rewritten in place, elsewhere plain lines. */
export function showProgress(terminal: Terminal, options: ProgressOptions): Progress {
  if (options.quiet) return { note: () => undefined, stop: () => undefined };
  return options.status === undefined || terminal.stderr.isTTY !== true
    ? showLines(terminal, options)
    : showView(terminal, options.status, options.durationMs);
}

function showView(terminal: Terminal, status: RecordingStatus, durationMs: number | undefined): Progress {
  const rewrite = createLogUpdate(terminal.stderr);
  const color = terminal.env['NO_COLOR'] === undefined;
  const draw = (): void =>
    rewrite(liveView(status.snapshot(performance.now(), Date.now()), { durationMs, color }));
  const timer = setInterval(draw, REWRITE_MS);
  return {
    note(line) {
      rewrite.clear();
      say(terminal.stderr, line);
      draw();
    },
    stop() {
      clearInterval(timer);
      rewrite.clear();
      rewrite.done();
    },
  };
}

function showLines(terminal: Terminal, { totals, durationMs }: ProgressOptions): Progress {
  const started = performance.now();
  let previousFrames = 0;
  let ticks = 0;
  const tick = (): void => {
    ticks += 1;
    if (ticks > FAST_LINES && ticks % SLOW_EVERY !== 0) return;
    const seconds = ticks > FAST_LINES ? SLOW_EVERY : 1;
    const rate = Math.round((totals.frames - previousFrames) / seconds);
    previousFrames = totals.frames;
    say(terminal.stderr, progressLine(totals, { elapsedMs: performance.now() - started, durationMs, rate }));
  };
  const timer = setInterval(tick, 1000);
  return { note: (line) => say(terminal.stderr, line), stop: () => clearInterval(timer) };
}

function progressLine(
  totals: Readonly<RecordingTotals>,
  { elapsedMs, durationMs, rate }: { elapsedMs: number; durationMs: number | undefined; rate: number },
): string {
  const of = durationMs === undefined ? '' : ` of ${durationText(durationMs)}`;
  return [
    `recording ${durationText(elapsedMs)}${of}`,
    countText(totals.frames, 'frame'),
    `${rate}/s`,
    bytesText(totals.bytes),
    countText(totals.connections, 'connection'),
    countText(totals.gaps + totals.unknownGaps, 'gap'),
  ].join(' · ');
}
