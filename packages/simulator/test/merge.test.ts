import { createMerge } from '#playback/merge';
import { splitAtEvents, takeApart } from '#playback/frame-parts';
import { expect, test } from 'vitest';

/** What a merge says to frames given as `connection channel type product`. */
function admitted(lines: readonly string[]): boolean[] {
  const merge = createMerge();
  return lines.map((line) => {
    const [connection = '', channel = '', type = '', product = ''] = line.split(' ');
    const text = `{"channel":"${channel}","timestamp":"2026-09-30T02:39:53Z","sequence_num":7,"events":[{"type":"${type}","product_id":"${product}"}]}`;
    const parts = takeApart({ bytes: Buffer.from(text), binary: false });
    return merge.admits({ run: 'run', connection: Number(connection) }, parts);
  });
}

test('of two redundant connections the one with the newest snapshot is served, by product', () => {
  expect(
    admitted([
      '0 l2_data snapshot BTC-USD',
      '0 l2_data snapshot ETH-USD',
      '0 l2_data update BTC-USD',
      '1 l2_data update BTC-USD',
      '1 l2_data snapshot BTC-USD',
      '0 l2_data update BTC-USD',
      '1 l2_data update BTC-USD',
      '0 l2_data update ETH-USD',
      '1 l2_data update ETH-USD',
    ]),
  ).toEqual([true, true, true, false, true, false, true, true, false]);
});

test('updates of a book without a snapshot are left out; a ticker needs none', () => {
  expect(
    admitted(['0 l2_data update BTC-USD', '0 ticker update BTC-USD', '1 ticker update BTC-USD']),
  ).toEqual([false, true, false]);
});

test('acknowledgements are left out, and heartbeats come from one connection', () => {
  expect(admitted(['0 subscriptions', '0 heartbeats', '1 heartbeats', '0 heartbeats'])).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test.for([
  ['{"type":"error","message":"authentication failure"}', undefined],
  ['{"channel":"l2_data","sequence_num":4,"timestamp":"2026-09-30T02:39:53Z","events":[]}', 4],
  ['no JSON at all', undefined],
  ['{"channel":"ticker","timestamp":"2026-09-30T02:39:53Z","sequence_num":12', undefined],
] as const)('a frame is taken apart as far as it goes: %s', ([text, sequence]) => {
  const frame = { bytes: Buffer.from(text), binary: false };
  const parts = takeApart(frame);
  expect(parts.sequence).toBe(sequence);
  expect(splitAtEvents(frame, parts)?.tail).toBe(text.includes('events') ? ',"events":[]}' : undefined);
});
