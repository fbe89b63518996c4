import { isDeepStrictEqual } from 'node:util';
import { decode, peek } from '@feedtape/protocol';
import { decodeFallback } from '#fallback/decode-fallback';
import { decodeFast } from '#fast-path/decode-fast';
import { peekFast } from '#fast-path/peek-fast';
import { expect, test } from 'vitest';
import { realFrames } from '../real-frames.ts';
import { tickerFrames } from '../ticker-frames.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const fallback = (text: string): unknown =>
  decodeFallback(text, true, () => expect.unreachable(`not JSON: ${text}`));
const frequent = [...realFrames, ...tickerFrames].filter((frame) =>
  /^{"channel":"(?:l2_data|market_trades|heartbeats|ticker|ticker_batch)"/.test(frame),
);

test('every published frame of a frequent channel takes the fast path, with and without client_id', () => {
  expect(frequent.length).toBeGreaterThan(30);
  for (const frame of frequent) {
    const other = frame.includes('"client_id":"",')
      ? frame.replace('"client_id":"",', '')
      : frame.replace(',"timestamp"', ',"client_id":"","timestamp"');
    expect(decodeFast(bytes(frame))).toEqual(fallback(frame));
    expect(decodeFast(bytes(other))).toEqual(fallback(other));
    expect(decodeFast(frame)).toEqual(fallback(frame));
    expect(peekFast(bytes(frame))).toBeDefined();
  }
});

test('other spellings of the same frame take the fallback', () => {
  for (const frame of frequent) {
    for (const other of [
      `${frame}\n`,
      ` ${frame}`,
      frame.replace(':', ': '),
      frame.replace('"channel"', '"ch\\u0061nnel"'),
    ]) {
      expect(decodeFast(bytes(other))).toBeUndefined();
      expect(decodeFast(other)).toBeUndefined();
      expect(decode(bytes(other))).toEqual(fallback(frame));
    }
  }
});

const level = (index: number): string =>
  `{"side":"${index % 7 === 0 ? 'offer' : 'bid'}","event_time":"2026-09-30T02:39:${10 + (Math.floor(index / 300) % 50)}.5Z","price_level":"${index}.25","new_quantity":"0.${index + 1}"}`;

test('a snapshot larger than the window decodes as a whole', () => {
  const levels = Array.from({ length: 5_000 }, (_, index) => level(index)).join(',');
  const frame = `{"channel":"l2_data","timestamp":"2026-09-30T02:39:53.67Z","sequence_num":0,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[${levels}]}]}`;
  expect(decodeFast(bytes(frame))).toEqual(fallback(frame));
});

test('an empty time is not taken for a repeated one', () => {
  const levels = [level(1), level(2).replace(/"event_time":"[^"]*"/, '"event_time":""'), level(3)].join(',');
  const frame = `{"channel":"l2_data","timestamp":"2026-09-30T02:39:53.67Z","sequence_num":0,"events":[{"type":"update","product_id":"BTC-USD","updates":[${levels}]}]}`;
  expect(decode(bytes(frame))).toEqual(fallback(frame));
});

const events = (type: string, productId: string): string =>
  `"events":[{"type":"${type}","product_id":"${productId}","updates":[${level(1)}]}]`;

test('the last of two equal keys counts, also for peek', () => {
  const frame = `{"channel":"l2_data","timestamp":"2026-09-30T02:39:53.67Z","sequence_num":0,${events('update', 'BTC-USD')},"sequence_num":9,${events('snapshot', 'ETH-USD')}}`;
  expect(decode(bytes(frame))).toEqual(fallback(frame));
  expect(peek(bytes(frame))).toEqual({
    channel: 'l2_data',
    sequence: 9,
    productId: 'ETH-USD',
    eventType: 'snapshot',
  });
});

test('a truncated frame takes the fallback', () => {
  for (const frame of frequent.filter(({ length }) => length < 1_000)) {
    for (let length = 0; length < frame.length; length += 1) {
      expect(decodeFast(bytes(frame.slice(0, length)))).toBeUndefined();
    }
  }
});

test('a frame with one changed byte decodes as the fallback decodes it', () => {
  const short = frequent.filter(({ length }) => length < 700);
  expect(
    new Set(short.map((frame) => decode(frame).kind === 'message' && JSON.parse(frame).channel)).size,
  ).toBe(5);
  const differing: string[] = [];
  for (const frame of short) {
    for (let at = 0; at < frame.length; at += 1) {
      for (const sign of ['"', '\\', '0', '-', '.', 'x', ',', '}', ']', '\u0000', '\u007f', 'é']) {
        const changed = frame.slice(0, at) + sign + frame.slice(at + 1);
        const expected = decodeFast(bytes(changed));
        if (expected !== undefined && !isDeepStrictEqual(expected, fallback(changed)))
          differing.push(changed);
      }
    }
  }
  expect(differing).toEqual([]);
});
