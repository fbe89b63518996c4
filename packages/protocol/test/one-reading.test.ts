// @module-tag slow
// @module-tag seeded

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { decode, peek, peekDecoded, type Decoded, type Peeked } from '@feedtape/protocol';
import { decodeFallback } from '#fallback/decode-fallback';
import { malformedBytes } from '#fallback/malformed';
import { expect, test } from 'vitest';
import { mutate, randomFrame, seededRandom } from './frame-mutations.ts';
import { userFrames } from './partial-frames.ts';
import { readingOf, type Reading } from './reading-oracle.ts';
import { consecutiveFrames, realFrames } from './real-frames.ts';
import { tickerFrames } from './ticker-frames.ts';

const count = 10_000 * Number(process.env['FEEDTAPE_TIMES'] ?? 1);
const seed = Number(process.env['FEED_SEED'] ?? 16);

/** Synchronous, and as long as it is told to be: how busy the machine is decides nothing. */
const NO_TIME_LIMIT = 0;

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const corpus = [...realFrames, ...tickerFrames, ...userFrames].map((frame) => Buffer.from(frame));
// Whole snapshots would only make the same decisions more often.
const short = corpus.filter(({ length }) => length < 1_500);

const reading = ({ channel, sequence, productId, otherProductIds = [] }: Peeked): Reading => ({
  channel,
  sequence,
  products: [...(productId === undefined ? [] : [productId]), ...otherProductIds].toSorted(),
});

const fallback = (frame: Uint8Array, validate: boolean): Decoded => {
  try {
    return decodeFallback(strict.decode(frame), validate, () => malformedBytes(frame));
  } catch {
    return malformedBytes(frame);
  }
};

/** What is wrong with how a frame is read, by each of the ways there are. */
function problemWith(frame: Uint8Array): string | undefined {
  const right = readingOf(frame);
  const peeked = peek(frame);
  if (!isDeepStrictEqual(reading(peeked), right)) return 'peek';
  const ways: readonly (readonly [name: string, decoded: Decoded])[] = [
    ['decode', decode(frame)],
    ['decode without validation', decode(frame, { validate: false })],
    ['the fallback', fallback(frame, true)],
    ['the fallback without validation', fallback(frame, false)],
  ];
  for (const [name, decoded] of ways) {
    if (decoded.channel !== right.channel || decoded.sequence !== right.sequence) return name;
    if (!isDeepStrictEqual(peekDecoded(decoded), peeked)) return `the header of ${name}`;
  }
  return undefined;
}

const said = (frame: Uint8Array): string => Buffer.from(frame).toString('latin1').slice(0, 3_000);

function expectOneReading(frames: number, next: (index: number) => Uint8Array): void {
  const problems: string[] = [];
  for (let index = 0; index < frames && problems.length < 3; index += 1) {
    const frame = next(index);
    const problem = problemWith(frame);
    if (problem !== undefined) problems.push(`${index}: ${problem} differs: ${said(frame)}`);
  }
  expect(problems).toEqual([]);
}

const malformed = readFileSync(new URL('frames/malformed-frames.ndjson', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => Buffer.from(line));

test('malformed frames have the number, channel and products that are complete before the error', () => {
  expect(malformed.map((frame) => reading(peek(frame)))).toEqual([
    { channel: 'l2_data', sequence: 3199, products: ['ETH-USD'] },
    { channel: 'l2_data', sequence: 41, products: ['ETH-USD'] },
    { channel: 'l2_data', sequence: 41, products: [] },
    { channel: 'l2_data', sequence: 41, products: ['ETH-USD'] },
    { channel: undefined, sequence: undefined, products: [] },
    { channel: 'l2_data', sequence: undefined, products: [] },
    { channel: 'l2_data', sequence: undefined, products: ['ETH-USD'] },
    { channel: 'l2_data', sequence: 43, products: ['ETH-USD'] },
  ]);
  expectOneReading(malformed.length, (index) => malformed[index]!);
});

test(
  'every published frame is read alike when it is cut at any byte',
  () => {
    expect(consecutiveFrames.length).toBeGreaterThan(30);
    for (const frame of short) expectOneReading(frame.length + 1, (length) => frame.subarray(0, length));
  },
  NO_TIME_LIMIT,
);

test(
  'a snapshot larger than one window of the scanner is read alike when it is cut',
  () => {
    const level = '{"side":"bid","event_time":"2026-09-30T02:39:53.1Z","price_level":"1","new_quantity":"0"}';
    const levels = Array.from({ length: 800 }, () => level).join(',');
    const frame = Buffer.from(
      `{"channel":"l2_data","timestamp":"2026-09-30T02:39:53Z","sequence_num":7,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[${levels}]}]}`,
    );
    expectOneReading(40, (index) => frame.subarray(0, frame.length - index));
    expectOneReading(20, (index) =>
      Buffer.concat([frame.subarray(0, 70_000 + index), frame.subarray(70_001 + index)]),
    );
  },
  NO_TIME_LIMIT,
);

test(
  `${count} mutated frames are read alike by every way (FEED_SEED=${seed})`,
  () => {
    const random = seededRandom(seed);
    expectOneReading(count, () => mutate(short[Math.floor(random() * short.length)]!, random));
  },
  NO_TIME_LIMIT,
);

test(
  `${count} random frames are read alike by every way (FEED_SEED=${seed})`,
  () => {
    const random = seededRandom(seed + 1);
    expectOneReading(count, () => randomFrame(random));
  },
  NO_TIME_LIMIT,
);
