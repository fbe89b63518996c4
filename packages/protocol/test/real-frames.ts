import { readFileSync } from 'node:fs';

const read = (name: string): readonly string[] =>
  readFileSync(new URL(`frames/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n');

/** The 34 consecutive frames of one production connection, as received. */
export const consecutiveFrames: readonly string[] = read(
  'btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
).map((line) => line.slice(line.indexOf('\t') + 1));

/** Single frames of many sessions. The files hold them inside a record, so white space is as `JSON.stringify` has it. */
const singleFrames: readonly string[] = ['single-frames.ndjson', 'errors.ndjson']
  .flatMap(read)
  .map((line) => JSON.stringify((JSON.parse(line) as { readonly frame: unknown }).frame));

/** Every published frame. */
export const realFrames: readonly string[] = [...consecutiveFrames, ...singleFrames];
