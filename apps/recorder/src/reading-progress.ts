import { createLogUpdate } from 'log-update';
import { bytesText } from './figures.ts';
import type { Terminal } from './terminal.ts';

/** Shows how far a command is that reads a capture. */
export interface ReadingProgress {
  readonly update: (progress: {
    readonly number: number;
    readonly files: number;
    readonly bytes: number;
  }) => void;
  readonly stop: () => void;
}

/** A terminal is rewritten at most so often. */
const REWRITE_MS = 100;

/** On a terminal one line rewritten in place; elsewhere nothing, since the result follows soon. */
export function showReading(
  terminal: Terminal,
  { verb, quiet }: { verb: string; quiet: boolean },
): ReadingProgress {
  if (quiet || terminal.stderr.isTTY !== true) return { update: () => undefined, stop: () => undefined };
  const rewrite = createLogUpdate(terminal.stderr);
  const started = performance.now();
  let shown = 0;
  return {
    update({ number, files, bytes }) {
      const now = performance.now();
      if (now - shown < REWRITE_MS) return;
      shown = now;
      const rate = bytes / Math.max(1, (now - started) / 1000);
      rewrite(`${verb} file ${number} of ${files} · ${bytesText(bytes)} · ${bytesText(rate)}/s`);
    },
    stop: () => rewrite.clear(),
  };
}
