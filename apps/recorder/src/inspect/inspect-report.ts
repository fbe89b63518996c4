import type { Inspection } from '@feedtape/capture/node';
import { bytesText, countText, durationText } from '../output/format.ts';
import { missingText, NO_FIGURES, repeatedTexts, type SequenceFigures } from '../read/sequence-figures.ts';
import { table } from '../output/table.ts';

type Run = Inspection['runs'][number];

/** A capture of the whole market has hundreds of products. */
const MAX_PRODUCTS = 20;

/** Renders an inspection as text. */
export function inspectionText(
  inspection: Inspection,
  timelines: ReadonlyMap<string, string>,
): readonly string[] {
  const { frames, frameBytes, bytesOnDisk, runs, largest, sequence = NO_FIGURES } = inspection;
  const total = [
    countText(runs.length, 'run'),
    countText(frames, 'frame'),
    bytesText(frameBytes),
    `${bytesText(bytesOnDisk)} on disk`,
    countText(sequence.connections, 'connection'),
    `${countText(sequence.gaps, 'gap')} (${missingText(sequence)})`,
    ...repeatedTexts(sequence),
  ];
  const large = table(
    ['largest frames', 'connection', 'index', 'received at'],
    largest.map(({ bytes, connection, index, at }) => [
      bytesText(bytes),
      String(connection),
      String(index),
      at,
    ]),
  );
  return paragraphs([
    [total.join(' · ')],
    ...runs.flatMap((run) => runParagraphs(run, timelines.get(run.run) ?? '')),
    large,
  ]);
}

/** With an empty line between two of them. */
const paragraphs = (parts: readonly (readonly string[])[]): readonly string[] =>
  parts.flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));

function runParagraphs(run: Run, timeline: string): readonly (readonly string[])[] {
  const { frames, spanMs, framesPerSecond, busiestSecond, longestSilence } = run;
  const parts = [
    `Run ${run.run} of ${run.url ?? 'an unknown address'}${run.private ? ', private' : ''}`,
    `  ${run.from ?? 'no frames'} to ${run.to ?? ''}, ${durationText(spanMs)}, ${countText(run.segments.length, 'segment')}${liveText(run)}`,
    `  ${countText(frames, 'frame')}, ${framesPerSecond.toFixed(1)}/s, at most ${busiestSecond.frames} in a second; longest silence ${(longestSilence.ms / 1000).toFixed(1)} s`,
    `  ${gapsText(run)}${run.clockSteps > 0 ? `; the clock stepped ${countText(run.clockSteps, 'time')}` : ''}`,
  ];
  const connections = table(
    ['connection', 'frames', 'a second', 'bytes', 'from', 'to'],
    run.connections.map(({ connection, frames: count, bytes, from, to }) => [
      String(connection),
      String(count),
      rateText(count, Date.parse(to ?? '') - Date.parse(from ?? '')),
      bytesText(bytes),
      from ?? '',
      to ?? '',
    ]),
  );
  const hidden = run.products.length - MAX_PRODUCTS;
  const products = shares('product', run.products.slice(0, MAX_PRODUCTS), spanMs);
  return [
    parts,
    ...(timeline === '' ? [] : [timeline.split('\n').map((line) => `  ${line}`)]),
    connections,
    shares('channel', run.channels, spanMs),
    hidden > 0 ? [...products, countText(hidden, 'more product')] : products,
  ];
}

const liveText = ({ segments }: Run): string =>
  segments.some(({ live }) => live) ? ', the last of them being written' : '';

/** `missing` and `late` count gaps by sequence number; dropped frames are in no gap. */
function gapsText({ gaps, sequence: ofRun }: Run): string {
  const sequence: SequenceFigures = ofRun ?? NO_FIGURES;
  const others = gaps.filter(({ why }) => why !== 'sequence').map((gap) => ({ ...gap, ...extentOf(gap) }));
  const numbered = sequence.gaps - others.reduce((sum, { counted }) => sum + counted, 0);
  const texts = [
    ...(numbered > 0
      ? [`${countText(numbered, 'gap')} by sequence (${missingText({ ...sequence, unknownGaps: 0 })})`]
      : []),
    ...others
      .filter(({ counted }) => counted > 0)
      .map(({ why, counted }) => `${countText(counted, 'gap')} by ${why} (of unknown extent)`),
    ...others.filter(({ dropped }) => dropped > 0).map(({ why, dropped }) => `${dropped} dropped (${why})`),
  ];
  return texts.length === 0 ? 'no gaps' : texts.join(', ');
}

/** Splits the gap records of one reason into gaps and dropped frames. */
function extentOf({ why, records, count, unknown }: Run['gaps'][number]): {
  readonly counted: number;
  readonly dropped: number;
} {
  const drops = why === 'disk_full' || why === 'backpressure';
  return drops ? { counted: unknown, dropped: count } : { counted: records, dropped: 0 };
}

const shares = (title: string, rows: Run['channels'], spanMs: number): readonly string[] =>
  table(
    [title, 'frames', 'a second', 'bytes'],
    rows.map(({ name, frames, bytes }) => [name, String(frames), rateText(frames, spanMs), bytesText(bytes)]),
  );

/** The mean rate; empty for a single frame. */
const rateText = (frames: number, spanMs: number): string =>
  spanMs > 0 ? ((frames / spanMs) * 1000).toFixed(1) : '';
