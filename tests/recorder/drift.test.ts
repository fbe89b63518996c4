// @module-tag slow

import { expect, test } from 'vitest';
import { capturedFrames } from './captured-frames.ts';
import { feedtape } from './feedtape.ts';
import { productionFrames } from './production-frames.ts';

const candles = (extra: object, type = 'update'): string =>
  JSON.stringify({
    channel: 'candles',
    timestamp: '2026-11-23T00:00:00Z',
    sequence_num: 0,
    events: [{ type, candles: [], ...extra }],
  });

test('frames of production show no drift', async () => {
  const { code, stdout } = await feedtape(['drift', await capturedFrames(productionFrames)]);
  expect(stdout.toString()).toBe('No drift: the schemas describe all of 34 frames.\n');
  expect(code).toBe(0);
});

test('new keys, words and channels are listed with how often and an example; the exit code stays 0', async () => {
  const folder = await capturedFrames([
    candles({ granularity: 300 }),
    candles({ granularity: 60 }),
    candles({}, 'correction'),
    '{"channel":"auctions","sequence_num":3,"timestamp":"2026-11-23T00:00:00Z","events":[]}',
    'not JSON',
  ]);
  const { code, json } = await feedtape(['drift', folder, '--json']);
  expect(json()).toMatchObject({
    path: folder,
    frames: 5,
    drifts: [
      { kind: 'key', where: 'candles.events[].granularity', count: 2, example: '300' },
      { kind: 'value', where: 'candles.events[].type', count: 1, example: '"correction"' },
      { kind: 'channel', where: 'auctions', count: 1 },
      { kind: 'malformed', count: 1 },
    ],
  });
  expect(code).toBe(0);

  const text = (await feedtape(['drift', folder])).stdout.toString();
  expect(text).toMatch(/key\s+candles\.events\[\]\.granularity\s+2\s+300/u);
  const selected = await feedtape(['drift', folder, '-c', 'ticker']);
  expect(selected.stdout.toString()).toContain('all of 0 frames');
});

test('the text of a frame can neither break a line nor control the terminal', async () => {
  const folder = await capturedFrames([candles({ '\u202Ekey\u001B[2J\n': '\u009B31m\u2028' })]);
  const text = (await feedtape(['drift', folder])).stdout.toString();
  expect(text.trimEnd().split('\n')).toHaveLength(3);
  expect(text).not.toMatch(/[^\n\x20-\x7E]/u);
});
