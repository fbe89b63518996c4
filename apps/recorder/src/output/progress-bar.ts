import { createLogUpdate } from 'log-update';
import { durationText } from './format.ts';
import type { Terminal } from './terminal.ts';

/** One line that is rewritten in place. */
export interface ProgressBar {
  /** Writes the text, at most ten times a second. */
  readonly draw: (text: () => string) => void;
  readonly stop: () => void;
}

const REDRAW_MS = 100;

/** A progress bar on standard error, which shows nothing unless that is a terminal. */
export function createProgressBar({ stderr }: Pick<Terminal, 'stderr'>, quiet: boolean): ProgressBar {
  if (quiet || stderr.isTTY !== true) return { draw: () => undefined, stop: () => undefined };
  const rewrite = createLogUpdate(stderr);
  let drawnAt = 0;
  return {
    draw(text) {
      const now = performance.now();
      if (now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      rewrite(text());
    },
    stop: () => rewrite.clear(),
  };
}

const BAR_COLUMNS = 20;

/** `████████░░░░░░░░░░░░ 40 %` for a share from 0 to 1. */
export function shareText(share: number): string {
  const full = Math.floor(share * BAR_COLUMNS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_COLUMNS - full)} ${Math.floor(share * 100)} %`;
}

/** `6s left`, or nothing where it can't be known. */
export const leftText = (ms: number | undefined): readonly string[] =>
  ms === undefined || !Number.isFinite(ms) ? [] : [`${durationText(ms)} left`];
