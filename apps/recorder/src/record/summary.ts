import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bytesText, countText, durationText } from '../output/format.ts';
import { notAcknowledged } from '../events/describe.ts';
import { missingOf } from '../status/model/running-totals.ts';
import { figuresOf, missingText, repeatedTexts, type SequenceFigures } from '../read/sequence-figures.ts';
import type { RecordingResult } from './record-feed.ts';

/** The result that `record --json` prints. */
export interface RecordingSummary extends SequenceFigures {
  /** The folder that holds the capture. */
  readonly path: string;
  readonly run: string;
  /** Files of this run, in order. */
  readonly segments: readonly string[];
  readonly frames: number;
  readonly bytes: number;
  /** Error replies. */
  readonly rejected: number;
  /** Subscriptions that the exchange never acknowledged, most likely unknown or delisted products. */
  readonly unacknowledged: readonly string[];
  readonly elapsedMs: number;
}

export function summaryOf(
  { run, totals, unacknowledged, sealed, elapsedMs }: RecordingResult,
  folder: string,
): RecordingSummary {
  return {
    path: folder,
    run,
    segments: sealed.segments.map((name) => fileOf(join(folder, name))),
    frames: totals.frames,
    bytes: totals.bytes,
    ...figuresOf({ ...totals, missing: missingOf(totals), dropped: sealed.dropped }),
    rejected: totals.rejected,
    unacknowledged,
    elapsedMs: Math.round(elapsedMs),
  };
}

/** The current name of a sealed segment, which compression may have changed. */
const fileOf = (path: string): string =>
  [path, `${path}.zst`, `${path}.gz`].find((candidate) => existsSync(candidate)) ?? path;

/** Quotes a path for a shell. */
const word = (path: string): string =>
  /^[\w./@%+:,-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/** Renders the summary as text, with the commands to try next. */
export function summaryText(summary: RecordingSummary, program: string): readonly string[] {
  const { path, segments, frames, bytes, connections, gaps, elapsedMs } = summary;
  const files = segments.length === 1 ? segments[0] : `${countText(segments.length, 'segment')} in ${path}`;
  const missing = notAcknowledged(summary.unacknowledged);
  const details = [missingText(summary), ...repeatedTexts(summary)];
  return [
    `Recorded ${countText(frames, 'frame')} (${bytesText(bytes)}) in ${durationText(elapsedMs)} over ${countText(connections, 'connection')}.`,
    `  capture  ${files}`,
    `  gaps     ${gaps} (${details.join(', ')})`,
    ...(missing === undefined ? [] : [`  warning  ${missing}; mistyped or delisted?`]),
    ...(connections === 0 ? [] : nextSteps(path, program)),
  ];
}

function nextSteps(path: string, program: string): readonly string[] {
  return [
    '',
    'Next:',
    `  ${program} verify ${word(path)}`,
    `  ${program} inspect ${word(path)}`,
    `  ${program} replay ${word(path)}`,
    `  ${program} record --product BTC-USD      records the live feed; no key needed`,
  ];
}
