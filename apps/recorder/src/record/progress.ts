import { createLogUpdate } from 'log-update';
import { bytesText, countText, durationText } from '../output/format.ts';
import type { RecordingStatus } from '../status/model/recording-status.ts';
import type { Terminal } from '../output/terminal.ts';
import type { EventLog } from '../events/event-log.ts';
import { liveView } from './live-view.ts';
import type { RecorderEvent } from '../events/recorder-event.ts';
import type { Totals } from '../status/model/status-snapshot.ts';

/** Shows a running recording on standard error until it is stopped. */
export interface Progress {
  readonly note: (event: RecorderEvent) => void;
  readonly stop: () => void;
}

export interface ProgressOptions {
  readonly totals: Totals;
  /** Needed for `view`. */
  readonly status: RecordingStatus | undefined;
  readonly durationMs: number | undefined;
  readonly log: EventLog;
  /** `view` is rewritten in place, `lines` logs progress at intervals, `none` logs only events. */
  readonly manner: 'view' | 'lines' | 'none';
}

const REWRITE_MS = 250;

/** Logs a line per second for the first minute, then one every ten seconds. */
const FAST_LINES = 60;
const SLOW_EVERY = 10;

export function showProgress(terminal: Terminal, options: ProgressOptions): Progress {
  const { manner, status, log } = options;
  if (manner === 'none') return { note: log, stop: () => undefined };
  return manner === 'view' && status !== undefined ? showView(terminal, status, options) : showLines(options);
}

function showView(
  terminal: Terminal,
  status: RecordingStatus,
  { durationMs, log }: Pick<ProgressOptions, 'durationMs' | 'log'>,
): Progress {
  const rewrite = createLogUpdate(terminal.stderr);
  const color = terminal.env['NO_COLOR'] === undefined;
  const draw = (): void =>
    rewrite(liveView(status.snapshot(performance.now(), Date.now()), { durationMs, color }));
  const timer = setInterval(draw, REWRITE_MS);
  return {
    note(event) {
      rewrite.clear();
      log(event);
      draw();
    },
    stop() {
      clearInterval(timer);
      rewrite.clear();
      rewrite.done();
    },
  };
}

function showLines({ totals, durationMs, log }: ProgressOptions): Progress {
  const started = performance.now();
  let previousFrames = 0;
  let ticks = 0;
  const tick = (): void => {
    ticks += 1;
    if (ticks > FAST_LINES && ticks % SLOW_EVERY !== 0) return;
    const seconds = ticks > FAST_LINES ? SLOW_EVERY : 1;
    const rate = Math.round((totals.frames - previousFrames) / seconds);
    previousFrames = totals.frames;
    log(progressEvent(totals, { elapsedMs: performance.now() - started, durationMs, rate }));
  };
  const timer = setInterval(tick, 1000);
  return { note: log, stop: () => clearInterval(timer) };
}

function progressEvent(
  { frames, bytes, connections, gaps, unknownGaps }: Totals,
  { elapsedMs, durationMs, rate }: { elapsedMs: number; durationMs: number | undefined; rate: number },
): RecorderEvent {
  const of = durationMs === undefined ? '' : ` of ${durationText(durationMs)}`;
  const text = [
    `recording ${durationText(elapsedMs)}${of}`,
    countText(frames, 'frame'),
    `${rate}/s`,
    bytesText(bytes),
    countText(connections, 'connection'),
    countText(gaps, 'gap'),
  ].join(' · ');
  const fields = { frames, bytes, connections, gaps, unknownGaps, framesPerSecond: rate };
  return { level: 'info', event: 'progress', text, fields };
}
