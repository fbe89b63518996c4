import { expect, test } from 'vitest';
import { createRecordingStatus } from '#status/model/recording-status';
import {
  connected,
  disconnected,
  frame,
  frameOf,
  gap,
  recovered,
  stale,
  subscribed,
  watchedWriter,
} from '../feed-items.ts';

/** The wall clock of these tests: monotonic 0 is this Unix time. */
const WALL = 1_790_000_000_000;

const begun = () => createRecordingStatus({ startedAt: 0 });
const look = (status: ReturnType<typeof begun>, now: number) => status.snapshot(now, WALL + now);

test('health is bad before the first connection', () => {
  const { health, connections, totals, at } = look(begun(), 0);
  expect(health).toEqual({ level: 'bad', reasons: ['no connection is open'] });
  expect(connections).toEqual([]);
  expect(totals.frames).toBe(0);
  expect(at).toBe(WALL);
});

test('a subscribed connection that receives frames is good', () => {
  const status = begun();
  status.observe(connected(0, 10));
  status.observe(subscribed(0, 20, ['BTC-USD', 'ETH-USD']));
  status.observe(frame({ at: 30, sequence: 7 }));
  const { health, connections } = look(status, 1030);
  expect(health).toEqual({ level: 'good', reasons: [] });
  expect(connections).toMatchObject([
    {
      connection: 0,
      phase: 'subscribed',
      products: 2,
      sequence: 7,
      lastFrameAgeMs: 1000,
      openedAt: WALL + 10,
    },
  ]);
});

test('silence is first a warning and then bad, in seconds', () => {
  const status = begun();
  status.observe(connected(0, 0));
  status.observe(subscribed(0, 0, ['BTC-USD']));
  status.observe(frame({ at: 0 }));
  expect(look(status, 4000).health.level).toBe('good');
  expect(look(status, 6000).health).toEqual({
    level: 'warning',
    reasons: ['connection 0: no frame for 6 s'],
  });
  expect(look(status, 21_000).health).toEqual({ level: 'bad', reasons: ['connection 0: no frame for 21 s'] });
});

test('an unacknowledged subscription is named', () => {
  const status = begun();
  status.observe(connected(0, 0));
  status.observe(subscribed(0, 0, ['BTC-USD'], ['NO-SUCH']));
  expect(look(status, 1).health).toEqual({
    level: 'warning',
    reasons: ['connection 0: not acknowledged: level2 NO-SUCH'],
  });
});

test('a gap is counted, shown with its extent, and leaves its products stale until they recover', () => {
  const status = begun();
  status.observe(connected(0, 0));
  status.observe(subscribed(0, 0, ['BTC-USD']));
  status.observe(gap(0, 1000, 4));
  status.observe(stale(0, 1000, ['BTC-USD']));
  const during = look(status, 1500);
  expect(during.totals).toMatchObject({ gaps: 1, gapFrames: 4, unknownGaps: 0 });
  expect(during.connections).toMatchObject([{ gaps: 1, missing: 4, staleProducts: 1 }]);
  expect(during.health.reasons).toEqual(['connection 0: 1 product is stale']);
  status.observe(recovered(0, 1800, ['BTC-USD']));
  const after = look(status, 2000);
  expect(after.connections).toMatchObject([{ staleProducts: 0 }]);
  expect(after.incidents.slice(1)).toEqual([
    {
      id: 1,
      at: WALL + 1000,
      kind: 'gap',
      connection: 0,
      text: '4 frames missing, sequence numbers 1 to 4',
      times: 1,
      count: 4,
    },
    {
      id: 2,
      at: WALL + 1000,
      kind: 'stale',
      connection: 0,
      text: 'BTC-USD: stale since a gap',
      times: 1,
    },
    {
      id: 3,
      at: WALL + 1800,
      kind: 'recovery',
      connection: 0,
      text: 'BTC-USD: resynchronised',
      times: 1,
      afterMs: 800,
    },
  ]);
});

test('a late frame reduces the missing count', () => {
  const status = begun();
  status.observe(connected(0, 0));
  status.observe(gap(0, 1000, 4));
  status.observe(frame({ at: 1001, verdict: { kind: 'late' } }));
  const { totals, connections } = look(status, 1002);
  expect(totals).toMatchObject({ gapFrames: 4, late: 1 });
  expect(connections).toMatchObject([{ missing: 3 }]);
});

test('a lost connection waits, is replaced by the next one, and its recovery says how long the outage was', () => {
  const status = begun();
  status.observe(connected(0, 0));
  status.observe(subscribed(0, 0, ['BTC-USD']));
  status.observe(disconnected(0, 5000, 2000));
  expect(look(status, 5500).connections).toMatchObject([
    { connection: 0, phase: 'waiting', retryAt: WALL + 7000, reason: 'silent for 15 s' },
  ]);
  expect(look(status, 5500).health.level).toBe('bad');
  status.observe(connected(1, 7100));
  status.observe(subscribed(1, 7200, ['BTC-USD']));
  status.observe(recovered(1, 7300, ['BTC-USD']));
  const { connections, health, totals, incidents } = look(status, 7400);
  expect(connections).toMatchObject([{ connection: 1, phase: 'subscribed' }]);
  expect(health.level).toBe('good');
  expect(totals).toMatchObject({ connections: 2, disconnects: 1, recoveries: 1 });
  expect(incidents.at(-1)).toMatchObject({ kind: 'recovery', afterMs: 2300 });
});

test('an outage begins with the gap before it', () => {
  const status = begun();
  status.observe(connected(0, 0));
  status.observe(subscribed(0, 0, ['BTC-USD']));
  status.observe(stale(0, 4000, ['BTC-USD']));
  status.observe(disconnected(0, 5000, 2000));
  status.observe(connected(1, 7100));
  status.observe(recovered(1, 7300, ['BTC-USD']));
  expect(look(status, 7400).incidents.at(-1)).toMatchObject({ kind: 'recovery', afterMs: 3300 });
});

test('a failed attempt is shown as a waiting connection', () => {
  const status = begun();
  status.observe(disconnected(0, 100, 500));
  status.observe(disconnected(1, 700, 900));
  expect(look(status, 800).connections).toMatchObject([
    { connection: 1, phase: 'waiting', retryAt: WALL + 1600 },
  ]);
});

test('a connection that was given up is bad; one that was closed on purpose is not', () => {
  const status = begun();
  for (const number of [0, 1, 2]) {
    status.observe(connected(number, 0));
    status.observe(subscribed(number, 0, ['BTC-USD']));
  }
  status.observe({ ...disconnected(1, 100), reason: 'closed by us' });
  expect(look(status, 200).health.level).toBe('good');
  status.observe(disconnected(2, 300));
  expect(look(status, 400).health).toEqual({
    level: 'bad',
    reasons: ['connection 2: closed for good: silent for 15 s'],
  });
});

test('rates are means over the last five complete seconds', () => {
  const status = begun();
  status.observe(connected(0, 0));
  for (let at = 0; at < 10_000; at += 100)
    status.observe(frame({ at, channel: 'ticker', product: 'BTC-USD' }));
  const { framesPerSecond, streams, connections } = look(status, 10_000);
  expect(framesPerSecond).toBe(10);
  expect(streams).toMatchObject([
    { channel: 'ticker', product: 'BTC-USD', frames: 100, framesPerSecond: 10 },
  ]);
  expect(connections).toMatchObject([{ framesPerSecond: 10 }]);
  expect(look(status, 12_000).framesPerSecond).toBe(6);
  expect(look(status, 1e9).framesPerSecond).toBe(0);
});

test('lag is receive time minus envelope timestamp, and a step of the wall clock corrects it', () => {
  const status = begun();
  status.observe(connected(0, 0));
  for (let at = 0; at < 3000; at += 500) status.observe(frame({ at, sentAt: WALL + at - 40 }));
  expect(look(status, 3000).lag).toEqual({ medianMs: 40, maximumMs: 40, minimumMs: 40 });
  expect(status.snapshot(3000, WALL + 3000 - 90).lag).toMatchObject({
    medianMs: -50,
    note: expect.stringContaining('behind'),
  });
});

test('frames without channel and product are counted as such', () => {
  const status = begun();
  status.observe(connected(0, 0));
  for (const text of ['', 'not JSON', '[]', '{"type":"error","message":"authentication failure"}'])
    status.observe(frameOf(text, { at: 1 }));
  expect(look(status, 2).streams).toMatchObject([{ channel: '(none)', product: '', frames: 4 }]);
});

test('the history has one column a second, with the lag where it was sampled', () => {
  const status = begun();
  status.observe(connected(0, 0));
  status.observe(frame({ at: 500, sentAt: WALL + 490 }));
  status.observe(frame({ at: 2500, channel: 'other', sentAt: WALL + 490 }));
  expect(status.history(3100, WALL + 3100)).toMatchObject({
    at: [WALL, WALL + 1000, WALL + 2000],
    frames: [1, 0, 1],
    lagMedianMs: [10, null, null],
  });
  expect(status.history(3100, WALL + 3100, 1).at).toEqual([WALL + 2000]);
});

test('a full disk is bad until it can be written again', () => {
  const status = begun();
  const writer = watchedWriter();
  status.attachWriter(writer);
  status.observe(connected(0, 0));
  status.observe(subscribed(0, 0, ['BTC-USD']));
  status.observeCapture({ kind: 'disk-full', file: '' }, 10);
  writer.stats = { ...writer.stats, state: 'disk-full', dropped: 17 };
  const during = look(status, 20);
  expect(during.health).toEqual({ level: 'bad', reasons: ['the disk is full, 17 frames dropped so far'] });
  writer.stats = { ...writer.stats, state: 'recording' };
  status.observeCapture({ kind: 'resumed', dropped: 17, droppedBytes: 9000 }, 30);
  const { health, capture, incidents } = look(status, 40);
  expect(health.level).toBe('good');
  expect(capture).toMatchObject({ state: 'recording', dropped: 17 });
  expect(incidents.map(({ kind }) => kind)).toEqual(['connect', 'disk-full', 'resumed']);
});

test('segments are listed newest first, from open to compressed and deleted', () => {
  const status = begun();
  status.observeCapture({ kind: 'opened', file: 'run-000000.ndjson.partial' }, 10);
  status.observeCapture(
    { kind: 'sealed', file: 'run-000000.ndjson', why: 'rotate', frames: 5, bytes: 1000 },
    20,
  );
  status.observeCapture({ kind: 'opened', file: 'run-000001.ndjson.partial' }, 20);
  status.observeCapture({ kind: 'compressed', file: 'run-000000.ndjson.zst', bytes: 100 }, 30);
  expect(look(status, 40).capture).toMatchObject({
    sealed: 1,
    compressed: 1,
    compressionRatio: 0.1,
    segments: [
      { file: 'run-000001.ndjson.partial', state: 'open', openedAt: WALL + 20 },
      { file: 'run-000000.ndjson.zst', state: 'compressed', frames: 5, bytes: 1000, compressedBytes: 100 },
    ],
  });
  status.observeCapture({ kind: 'deleted', file: 'run-000000.ndjson.zst', why: 'bytes' }, 50);
  expect(look(status, 60).capture).toMatchObject({ deleted: 1, segments: [{}, { state: 'deleted' }] });
});

test('the time left is free space at the rate of growth after compression', () => {
  const status = begun();
  status.observe(connected(0, 0));
  for (let at = 0; at < 10_000; at += 10) status.observe(frameOf('x'.repeat(100), { at }));
  status.observeCapture({ kind: 'disk', freeBytes: 1_000_000, totalBytes: 2_000_000 }, 1);
  expect(look(status, 10_000).capture.disk).toEqual({
    freeBytes: 1_000_000,
    totalBytes: 2_000_000,
    timeLeftMs: 100_000,
  });
  status.observeCapture({ kind: 'sealed', file: 'a-0.ndjson', why: 'rotate', frames: 5, bytes: 1000 }, 20);
  status.observeCapture({ kind: 'compressed', file: 'a-0.ndjson', bytes: 100 }, 30);
  expect(look(status, 10_000).capture.disk?.timeLeftMs).toBe(1_000_000);
});
