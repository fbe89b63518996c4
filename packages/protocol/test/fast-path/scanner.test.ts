import { createLevel2Decoder, decode, peek } from '@feedtape/protocol';
import { decodeFallback } from '#fallback/decode-fallback';
import { afterEach, expect, test, vi } from 'vitest';
import { realFrames } from '../real-frames.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const fallback = (text: string): unknown =>
  decodeFallback(text, true, () => expect.unreachable(`not JSON: ${text}`));
const level = (index: number): string =>
  `{"side":"${index % 7 === 0 ? 'offer' : 'bid'}","event_time":"2026-09-30T02:39:${10 + (Math.floor(index / 300) % 50)}.5Z","price_level":"${index}.25","new_quantity":"0.${index + 1}"}`;
const snapshot = (levels: readonly string[]): string =>
  `{"channel":"l2_data","timestamp":"2026-09-30T02:39:53.67Z","sequence_num":7,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[${levels.join(',')}]}]}`;
const levels = Array.from({ length: 1_500 }, (_, index) => level(index));

test('a snapshot larger than the window decodes the same, wherever the first window ends', () => {
  // The window is 64 KiB, a level about 100 bytes: each byte more before it moves the seam through a level.
  for (let more = 0; more < 120; more += 1) {
    const frame = snapshot([...levels, level(0)]).replace('BTC-USD', `BTC-${'D'.repeat(1 + more)}`);
    const decoded = decode(bytes(frame));
    expect(decoded).toEqual(fallback(frame));
    expect(decode(frame)).toEqual(decoded);
    const productId = `BTC-${'D'.repeat(1 + more)}`;
    expect(peek(bytes(frame))).toEqual({ channel: 'l2_data', sequence: 7, productId, eventType: 'snapshot' });
  }
});

test('a snapshot of many windows decodes to the same numbers', () => {
  const batch = createLevel2Decoder()(bytes(snapshot(levels)));
  expect(batch?.events).toEqual([{ type: 'snapshot', productId: 'BTC-USD', from: 0, to: levels.length }]);
  for (let index = 0; index < levels.length; index += 1) {
    expect(batch?.price[index]).toBe(index * 100 + 25);
    expect(batch?.side[index]).toBe(index % 7 === 0 ? 1 : 0);
    expect(batch?.size[index]).toBe(index + 1);
    expect(batch?.sizeDecimals[index]).toBe(String(index + 1).length);
  }
});

test('an odd level in a later window is found', () => {
  for (const odd of [
    level(1).replace('"bid"', '"buy"'),
    level(1).replace('":', '": '),
    level(1).replace('0.2', '0.2.2'),
    level(1).replace('"side"', `"note":"${'x'.repeat(70_000)}","side"`),
  ]) {
    const frame = snapshot([...levels.slice(0, 1_400), odd, ...levels.slice(1_400)]);
    expect(decode(bytes(frame))).toEqual(fallback(frame));
    expect(createLevel2Decoder()(bytes(frame))).toBeUndefined();
  }
});

test('a frame is read to its end and not into the rest of a longer one', () => {
  const long = realFrames.find((each) => each.startsWith('{"channel":"l2_data"') && each.length < 8_000);
  expect(long).toBeDefined();
  for (let length = 0; length < long!.length; length += 1) {
    decode(bytes(long!));
    expect(decode(bytes(long!.slice(0, length)))).toMatchObject({ kind: 'malformed' });
  }
});

test.each([
  ['without WebAssembly', undefined],
  [
    'with a policy that forbids compiling it',
    {
      Module: function Module(): never {
        throw new Error('Refused to compile or instantiate WebAssembly module');
      },
    },
  ],
])('%s the fallback reads everything', async (_, replacement) => {
  vi.stubGlobal('WebAssembly', replacement);
  vi.resetModules();
  const anew = await import('@feedtape/protocol');
  const { theScanner } = await import('#fast-path/scanner');
  expect(theScanner()).toBeUndefined();
  for (const frame of realFrames) {
    expect(anew.decode(bytes(frame))).toEqual(decode(bytes(frame)));
    expect(anew.peek(bytes(frame))).toEqual(peek(bytes(frame)));
    expect(anew.createLevel2Decoder()(bytes(frame))).toBeUndefined();
  }
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});
