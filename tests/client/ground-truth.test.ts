import { peek } from '@feedtape/protocol';
import { expect, test } from 'vitest';
import { numberIn } from './ground-truth.ts';

/** Each with the text that ends its number. */
const frames = [
  [
    '{"channel":"subscriptions","timestamp":"2026-09-30T02:40:01.4Z","sequence_num":54,"events":[{"subscriptions":{}}]}',
    ',"events"',
  ],
  ['{"type":"error","message":"something new","sequence_num":30}', '}'],
] as const;

/** As the exchange's faults damage a byte: one of its lower bits, or a byte that UTF-8 does not have. */
const damages = [...[1, 2, 4, 8, 16].map((bit) => (byte: number) => byte ^ bit), () => 0xff];

test('a frame with one byte damaged and cut near its number has one number for the client and for the account of the exchange', () => {
  const differences: string[] = [];
  for (const [text, behind] of frames) {
    const frame = Buffer.from(text);
    const end = frame.indexOf(behind);
    for (const damaged of damagedOnce(frame)) {
      for (let length = end - 2; length <= end + 2; length += 1) {
        const bytes = damaged.subarray(0, length);
        if (numberIn(bytes) !== peek(bytes).sequence) differences.push(bytes.toString('latin1'));
      }
    }
  }
  expect(differences).toEqual([]);
});

function* damagedOnce(frame: Buffer): Iterable<Buffer> {
  for (const [at, byte] of frame.entries()) {
    for (const damage of damages) {
      const damaged = Buffer.from(frame);
      damaged[at] = damage(byte);
      yield damaged;
    }
  }
}

test('the number of a damaged frame is the one it shows, not the one it was sent with', () => {
  const shown = ['14,"events"', '54,"eve', '5 ,"events":', '54', '5$,"events":', '-4,', '05,'].map((rest) =>
    numberIn(
      Buffer.from(`{"channel":"subscriptions","timestamp":"2026-09-30T02:40:01.4Z","sequence_num":${rest}`),
    ),
  );
  expect(shown).toEqual([14, 54, 5, undefined, undefined, undefined, undefined]);
});
