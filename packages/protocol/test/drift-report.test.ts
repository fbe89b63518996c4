import { createDriftReport } from '@feedtape/protocol';
import { expect, test } from 'vitest';
import { realFrames } from './real-frames.ts';
import { tickerFrames } from './ticker-frames.ts';

const reportOf = (...frames: string[]) => {
  const report = createDriftReport();
  for (const frame of frames) report.add(frame);
  return report.report();
};

test('the schemas describe all published frames', () => {
  const { frames, drifts, channels } = reportOf(...realFrames, ...tickerFrames);
  expect(drifts).toEqual([]);
  expect(frames).toBe(realFrames.length + tickerFrames.length);
  expect(channels).toMatchObject({ l2_data: 29, ticker: 3, ticker_batch: 1, error: 2 });
});

const level2 = (update: string): string =>
  `{"channel":"l2_data","timestamp":"2026-09-30T02:39:53Z","sequence_num":4,"events":[{"type":"update","product_id":"BTC-USD","updates":[${update}]}]}`;

test('a new key, a new word and a new channel are listed with their place, count and an example', () => {
  const odd = level2('{"side":"ask","event_time":"","price_level":"1","new_quantity":"2","orders":3}');
  const { drifts } = reportOf(odd, odd, '{"channel":"rfq","sequence_num":1,"events":[]}');
  expect(drifts).toEqual([
    { kind: 'value', where: 'l2_data.events[].updates[].side', count: 2, example: '"ask"' },
    { kind: 'key', where: 'l2_data.events[].updates[].orders', count: 2, example: '3' },
    { kind: 'channel', where: 'rfq', count: 1, example: '{"channel":"rfq","sequence_num":1,"events":[]}' },
  ]);
});

test('invalid and malformed frames are drift', () => {
  const { drifts } = reportOf(
    level2('{"side":"bid","event_time":"","price_level":"","new_quantity":"2"}'),
    '{"a":',
  );
  expect(drifts.map(({ kind, where }) => [kind, where])).toEqual([
    ['invalid', 'l2_data.events[].updates[].price_level'],
    ['malformed', 'the text ends too early'],
  ]);
});

test('hostile frames neither break the report nor grow it without bound', () => {
  const deep = `{"channel":"l2_data","timestamp":"","sequence_num":1,"events":[],"deep":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  const many = Array.from({ length: 3_000 }, (_, index) => `{"channel":"new-${index}"}`);
  const { drifts, unlisted, channels } = reportOf(deep, '{"channel":"__proto__","a\\nb":1}', ...many);
  expect(drifts).toHaveLength(1_000);
  expect(unlisted).toBe(2_002);
  expect(Object.keys(channels)).toHaveLength(1_000);
  expect(drifts.find(({ kind }) => kind === 'key')).toMatchObject({ example: '(nested too deeply to show)' });
});
