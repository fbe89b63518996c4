import { bytesText } from '../output/format.ts';
import { createProgressBar, leftText, shareText } from '../output/progress-bar.ts';
import type { Terminal } from '../output/terminal.ts';
import { createReadingEstimate, type PlannedFile } from './reading-plan.ts';

/** Shows how much of a capture a command has read. */
export interface ReadingProgress {
  readonly update: (progress: {
    readonly file: string;
    readonly number: number;
    /** Of text, over all files. */
    readonly bytes: number;
  }) => void;
  readonly stop: () => void;
}

export interface ReadingOptions {
  readonly verb: string;
  readonly quiet: boolean;
  readonly files: readonly PlannedFile[];
}

/** Earlier than this, a rate says little about the time left. */
const ESTIMATE_AFTER_MS = 1000;

export function showReading(terminal: Terminal, { verb, quiet, files }: ReadingOptions): ReadingProgress {
  const { draw, stop } = createProgressBar(terminal, quiet);
  const estimate = createReadingEstimate(files);
  const started = performance.now();
  return {
    update({ file, number, bytes }) {
      const read = estimate(file, bytes);
      const elapsedMs = performance.now() - started;
      draw(() => readingText({ verb, number, files: files.length, bytes, read, elapsedMs }));
    },
    stop,
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

/** `verifying ████████░░░░░░░░░░░░ 40 % · file 2 of 5 · 120 MiB · 30 MiB/s · 12s left` */
export function readingText({ verb, number, files, bytes, read, elapsedMs }: Reading): string {
  return [
    `${verb} ${shareText(read)}`,
    `file ${number} of ${files}`,
    bytesText(bytes),
    `${bytesText(bytes / Math.max(1, elapsedMs / 1000))}/s`,
    ...leftText(elapsedMs < ESTIMATE_AFTER_MS ? undefined : (elapsedMs * (1 - read)) / read),
  ].join(' · ');
}
