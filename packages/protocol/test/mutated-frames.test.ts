// @module-tag slow
// @module-tag seeded

import { isDeepStrictEqual } from 'node:util';
import {
  createLevel2Decoder,
  decode,
  parseDecimal,
  peek,
  type Decoded,
  type Level2Batch,
} from '@feedtape/protocol';
import { decodeFallback } from '#fallback/decode-fallback';
import { malformedText } from '#fallback/malformed';
import { expect, test } from 'vitest';
import { mutate, seededRandom } from './frame-mutations.ts';
import { realFrames } from './real-frames.ts';
import { tickerFrames } from './ticker-frames.ts';

const count = 10_000 * Number(process.env['FEEDTAPE_TIMES'] ?? 1);
const seed = Number(process.env['FEED_SEED'] ?? 16);

// Whole snapshots would only make the same decisions more often.
const frames = [...realFrames, ...tickerFrames]
  .filter((frame) => frame.length < 8_000)
  .map((frame) => Buffer.from(frame));
const decodeLevel2 = createLevel2Decoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The same bytes at odd places: in the middle of a larger buffer, as another class. */
function views(frame: Buffer, random: () => number): Uint8Array {
  if (random() < 0.5) return frame;
  const before = Math.floor(random() * 9);
  const larger = new Uint8Array(before + frame.length + Math.floor(random() * 9)).fill(0x7d);
  larger.set(frame, before);
  return larger.subarray(before, before + frame.length);
}

function problemWith(frame: Uint8Array): string | undefined {
  const decoded = decode(frame);
  let text: string | undefined;
  try {
    text = strict.decode(frame);
  } catch {
    return decoded.kind === 'malformed' ? undefined : 'not UTF-8, but decoded';
  }
  const fallback = decodeFallback(text, true, () => malformedText(text));
  if (!isDeepStrictEqual(decode(text), fallback)) return 'a text differs from the fallback';
  if (decoded.kind === 'malformed' && fallback.kind === 'malformed') {
    return decoded.reason === fallback.reason ? undefined : 'malformed for another reason';
  }
  if (!isDeepStrictEqual(decoded, fallback)) return 'the fast path differs from the fallback';
  return problemWithPeek(frame, fallback) ?? problemWithBatch(decodeLevel2(frame), fallback);
}

const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
const firstOf = (value: unknown): unknown => (Array.isArray(value) ? value[0] : undefined);

function problemWithPeek(frame: Uint8Array, fallback: Decoded): string | undefined {
  const value = fallback.kind === 'unknown' ? fallback.value : JSON.parse(strict.decode(frame));
  const { channel, sequence, productId, eventType } = peek(frame);
  const event = firstOf(own(value, 'events'));
  const item = firstOf(own(event, 'trades') ?? own(event, 'tickers') ?? own(event, 'candles'));
  const right =
    (channel === undefined || channel === own(value, 'channel')) &&
    (sequence === undefined ||
      sequence === own(value, 'sequence_num') ||
      Object.is(own(value, 'sequence_num'), -0)) &&
    (productId === undefined || productId === (own(event, 'product_id') ?? own(item, 'product_id'))) &&
    (eventType === undefined || eventType === own(event, 'type'));
  return right ? undefined : 'peek is wrong';
}

function problemWithBatch(batch: Level2Batch | undefined, fallback: Decoded): string | undefined {
  if (batch === undefined) return undefined;
  if (fallback.kind !== 'message' || fallback.channel !== 'l2_data') return 'a batch of something else';
  const { events } = fallback.message;
  const same = events.every(({ type, product_id, updates }, index) => {
    const event = batch.events[index];
    if (event?.type !== type || event.productId !== product_id || event.to - event.from !== updates.length)
      return false;
    return updates.every(({ side, price_level, new_quantity }, level) => {
      const at = event.from + level;
      return (
        batch.side[at] === ['bid', 'offer'].indexOf(side) &&
        isDeepStrictEqual(parseDecimal(price_level), {
          integer: BigInt(batch.price[at] ?? -1),
          decimals: batch.priceDecimals[at],
        }) &&
        isDeepStrictEqual(parseDecimal(new_quantity), {
          integer: BigInt(batch.size[at] ?? -1),
          decimals: batch.sizeDecimals[at],
        })
      );
    });
  });
  return same && batch.sequence === fallback.sequence ? undefined : 'the batch differs from the message';
}

test(`${count} mutated frames: both paths agree, peek is right, nothing throws (FEED_SEED=${seed})`, () => {
  const random = seededRandom(seed);
  const kinds = new Map<Decoded['kind'], number>();
  const problems: string[] = [];
  for (let index = 0; index < count && problems.length < 5; index += 1) {
    const frame = views(
      mutate(frames[Math.floor(random() * frames.length)] ?? Buffer.alloc(0), random),
      random,
    );
    const problem = problemWith(frame);
    if (problem !== undefined)
      problems.push(`mutation ${index}: ${problem}: ${Buffer.from(frame).toString('latin1')}`);
    const { kind } = decode(frame);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  expect(problems).toEqual([]);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  // Otherwise the mutations would be too tame or too wild to prove anything.
  expect([...kinds.keys()].toSorted()).toEqual(['error', 'invalid', 'malformed', 'message', 'unknown']);
  expect(Math.min(...kinds.values())).toBeGreaterThan(count / 1_000);
}, 3_600_000);
