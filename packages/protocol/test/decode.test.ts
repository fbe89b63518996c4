import { createLevel2Decoder, decode, peek } from '@feedtape/protocol';
import { expect, test } from 'vitest';
import { consecutiveFrames, realFrames } from './real-frames.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test.each(realFrames.map((frame) => [frame.slice(0, 90), frame]))('a real frame decodes: %s', (_, frame) => {
  const value: unknown = JSON.parse(frame);
  const decoded = decode(bytes(frame));
  expect(decoded).toEqual(
    decoded.kind === 'error'
      ? { kind: 'error', message: value }
      : {
          kind: 'message',
          channel: decoded.kind === 'message' && decoded.channel,
          sequence: peek(bytes(frame)).sequence,
          message: value,
        },
  );
});

test('consecutive frames of one connection count from 0 without a gap', () => {
  expect(consecutiveFrames.map((frame) => peek(bytes(frame)).sequence)).toEqual(
    consecutiveFrames.map((_, index) => index),
  );
});

test('a level2 batch has the same levels as the message', () => {
  const frame = consecutiveFrames[1] ?? '';
  const batch = createLevel2Decoder()(bytes(frame));
  expect(batch?.events).toEqual([{ type: 'update', productId: 'BTC-USD', from: 0, to: 2 }]);
  expect([...(batch?.price.slice(0, 2) ?? [])]).toEqual([728676, 8332801]);
  expect([...(batch?.priceDecimals.slice(0, 2) ?? [])]).toEqual([1, 2]);
  expect([...(batch?.side.slice(0, 2) ?? [])]).toEqual([0, 1]);
});
