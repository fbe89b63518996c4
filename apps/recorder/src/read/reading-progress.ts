import { createLogUpdate } from 'log-update';
import { bytesText, durationText, shareText } from '../output/format.ts';
import { createReadingEstimate, type PlannedFile } from './reading-plan.ts';
import type { Terminal } from '../output/terminal.ts';

/** Shows how far a command is that reads a capture. */
export interface ReadingProgress {
  readonly update: (progress: {
    readonly file: string;
    readonly number: number;
    /** Of text, over all files. */
    readonly bytes: number;
  }) => void;
  readonly stop: () => void;
}

export const NO_PROGRESS: ReadingProgress = { update: () => undefined, stop: () => undefined };

/** A terminal is rewritten at most so often. */
const REWRITE_MS = 100;
/** Before that a rate says little. */
const ESTIMATE_AFTER_MS = 1000;

/** On a terminal one line rewritten in place; elsewhere nothing, since the result follows soon. */
export function showReading(
  terminal: Terminal,
  { verb, quiet, files }: { verb: string; quiet: boolean; files: readonly PlannedFile[] },
): ReadingProgress {
  if (quiet || terminal.stderr.isTTY !== true) return NO_PROGRESS;
  const rewrite = createLogUpdate(terminal.stderr);
  const estimate = createReadingEstimate(files);
  const started = performance.now();
  let shown = 0;
  return {
    update({ file, number, bytes }) {
      const read = estimate(file, bytes);
      const now = performance.now();
      if (now - shown < REWRITE_MS) return;
      shown = now;
      rewrite(progressText({ verb, number, files: files.length, bytes, read, elapsedMs: now - started }));
    },
    stop: () => rewrite.clear(),
  };
}

interface Reading {
  readonly verb: string;
  readonly number: number;
  readonly files: number;
  readonly bytes: number;
  /** 0 to 1. */
  readonly read: number;
  readonly elapsedMs: number;
}

/** `verifying ████████░░░░░░░░░░░░ 40 % · file 2 of 5 · 120 MB · 30 MB/s · 12s left` */
export function progressText({ verb, number, files, bytes, read, elapsedMs }: Reading): string {
  const rate = bytes / Math.max(1, elapsedMs / 1000);
  const parts = [
    `${verb} ${shareText(read)}`,
    `file ${number} of ${files}`,
    bytesText(bytes),
    `${bytesText(rate)}/s`,
  ];
  if (read > 0 && elapsedMs >= ESTIMATE_AFTER_MS)
    parts.push(`${durationText((elapsedMs * (1 - read)) / read)} left`);
  return parts.join(' · ');
}
