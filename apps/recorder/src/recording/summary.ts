import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bytesText, countText, durationText } from '../figures.ts';
import { figuresOf, missingText, type SequenceFigures } from '../sequence-accounting.ts';
import type { RecordingResult } from './recording.ts';

/** What `record --json` prints last: figures a script can rely on. */
export interface RecordingSummary extends SequenceFigures {
  /** The folder that holds the capture. */
  readonly path: string;
  readonly run: string;
  /** The files this run wrote, in order. */
  readonly segments: readonly string[];
  readonly frames: number;
  readonly bytes: number;
  /** Frames received that the disk had no room for. */
  readonly dropped: number;
  readonly rejected: number;
  readonly elapsedMs: number;
}

export function summaryOf(
  { run, totals, sealed, elapsedMs }: RecordingResult,
  folder: string,
): RecordingSummary {
  return {
    path: folder,
    run,
    segments: sealed.segments.map((name) => fileOf(join(folder, name))),
    frames: totals.frames,
    bytes: totals.bytes,
    ...figuresOf(totals),
    dropped: sealed.dropped,
    rejected: totals.rejected,
    elapsedMs: Math.round(elapsedMs),
  };
}

/** Where a sealed segment is by now: compression takes the place of the plain file. */
const fileOf = (path: string): string =>
  [path, `${path}.zst`, `${path}.gz`].find((candidate) => existsSync(candidate)) ?? path;

/** A path as a shell takes it. */
const word = (path: string): string =>
  /^[\w./@%+:,-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

/** The same for a person, with the commands one would try next. */
export function summaryText(summary: RecordingSummary, program: string): string {
  const { path, segments, frames, bytes, connections, gaps, duplicates, restarts, elapsedMs } = summary;
  const files = segments.length === 1 ? segments[0] : `${countText(segments.length, 'segment')} in ${path}`;
  const details = [
    missingText(summary),
    countText(duplicates, 'duplicate'),
    ...(restarts > 0 ? [countText(restarts, 'restart')] : []),
  ];
  return [
    `Recorded ${countText(frames, 'frame')} (${bytesText(bytes)}) in ${durationText(elapsedMs)} over ${countText(connections, 'connection')}.`,
    `  capture  ${files}`,
    `  gaps     ${gaps} (${details.join(', ')})`,
    // Where nothing was received, nothing is to be done with it.
    ...(connections === 0 ? [] : nextSteps(path, program)),
  ].join('\n');
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
