import type { FeedItem } from '@feedtape/client';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { CONNECTION_LIMIT } from '#status/model/connection-states';
import { BOOK_LIMIT } from '#status/model/kept-books';
import { createRecordingStatus, type RecordingStatus } from '#status/model/recording-status';
import { createSecondHistory } from '#status/model/second-history';
import { INCIDENT_LIMIT, type StatusSnapshot } from '#status/model/status-snapshot';
import { CHANNEL_LIMIT, PAIR_LIMIT } from '#status/model/stream-counts';
import { connected, disconnected, frame, frameOf, gap, recovered, stale, subscribed } from '../feed-items.ts';

const connection = fc.integer({ min: 0, max: 5 });
const name = fc.oneof(
  fc.constantFrom('BTC-USD', 'ETH-USD', 'SOL-USD'),
  fc.string({ unit: 'binary', maxLength: 300 }),
);
const names = fc.array(name, { maxLength: 4 });
const channel = fc.oneof(fc.constantFrom('l2_data', 'ticker', 'heartbeats'), fc.string());
const verdict = fc.constantFrom(
  { kind: 'next' },
  { kind: 'late' },
  { kind: 'duplicate' },
  { kind: 'stale', behind: 3 },
  { kind: 'invalid', reason: 'absent' },
);
/** An item at a time that a later step fills in. */
const item: fc.Arbitrary<(at: number) => FeedItem> = fc.oneof(
  fc
    .record({ connection, channel, product: name, verdict })
    .map((parts) => (at: number) => frame({ ...parts, at })),
  fc.tuple(fc.string(), connection).map(
    ([text, from]) =>
      (at: number) =>
        frameOf(text, { at, connection: from }),
  ),
  connection.map((to) => (at: number) => connected(to, at)),
  fc.tuple(connection, names, names).map(
    ([to, some, missing]) =>
      (at: number) =>
        subscribed(to, at, some, missing),
  ),
  fc.tuple(connection, fc.option(fc.nat(1000))).map(
    ([to, count]) =>
      (at: number) =>
        gap(to, at, count),
  ),
  fc.tuple(connection, names).map(
    ([to, some]) =>
      (at: number) =>
        stale(to, at, some),
  ),
  fc.tuple(connection, names).map(
    ([to, some]) =>
      (at: number) =>
        recovered(to, at, some),
  ),
  fc.tuple(connection, fc.option(fc.nat(60_000), { nil: undefined })).map(
    ([to, retryInMs]) =>
      (at: number) =>
        disconnected(to, at, retryInMs),
  ),
);

/** Items in the order of their times. */
const story: fc.Arbitrary<readonly FeedItem[]> = fc
  .array(fc.tuple(item, fc.integer({ min: 0, max: 3000 })), { maxLength: 120 })
  .map((steps) => {
    let at = 0;
    return steps.map(([make, pause]) => make((at += pause)));
  });

const timeOf = (one: FeedItem | undefined): number => {
  if (one === undefined) return 0;
  return one.kind === 'frame' ? one.at : one.at;
};

function told(items: readonly FeedItem[]): {
  status: RecordingStatus;
  snapshot: StatusSnapshot;
  end: number;
} {
  const status = createRecordingStatus({ startedAt: 0, books: true });
  for (const one of items) status.observe(one);
  const end = timeOf(items.at(-1));
  return { status, snapshot: status.snapshot(end, end), end };
}

test('totals are exact, and every frame is in exactly one stream', () => {
  fc.assert(
    fc.property(story, (items) => {
      const { totals, streams } = told(items).snapshot;
      const frames = items.filter((one) => one.kind === 'frame');
      const gaps = items.filter((one) => one.kind === 'gap');
      const inNumbering = gaps.filter(({ reason }) => reason === 'sequence');
      const verdicts = (kind: string): number => frames.filter((one) => one.verdict?.kind === kind).length;
      expect(totals).toEqual({
        frames: frames.length,
        bytes: frames.reduce((sum, { bytes }) => sum + bytes.length, 0),
        connections: items.filter(({ kind }) => kind === 'connected').length,
        disconnects: items.filter(({ kind }) => kind === 'disconnected').length,
        recoveries: items.filter(({ kind }) => kind === 'recovered').length,
        gaps: gaps.length,
        gapFrames: inNumbering.reduce((sum, { count }) => sum + (count ?? 0), 0),
        unknownGaps: gaps.filter(({ count }) => count === null).length,
        late: verdicts('late'),
        duplicates: verdicts('duplicate'),
        restarts: 0,
        stale: verdicts('stale'),
        invalid: verdicts('invalid'),
        rejected: 0,
        omitted: expect.any(Number) as number,
      });
      expect(streams.reduce((sum, stream) => sum + stream.frames, 0)).toBe(frames.length);
      expect(streams.reduce((sum, stream) => sum + stream.bytes, 0)).toBe(totals.bytes);
    }),
  );
});

test('the history holds every frame of the complete seconds, and rates are its means', () => {
  fc.assert(
    fc.property(story, (items) => {
      const { status, snapshot, end } = told(items);
      const seconds = Math.floor(end / 1000);
      const complete = items.filter((one) => one.kind === 'frame' && one.at < seconds * 1000);
      const { frames } = status.history(end, end);
      expect(frames.length).toBe(seconds);
      expect(frames.reduce((sum, count) => sum + count, 0)).toBe(complete.length);
      const recent = frames.slice(-5);
      const mean = recent.length === 0 ? 0 : recent.reduce((sum, count) => sum + count, 0) / recent.length;
      expect(snapshot.framesPerSecond).toBeCloseTo(mean, 9);
    }),
  );
});

test('a snapshot is plain JSON, changes nothing, and holds no character that could fool a terminal', () => {
  fc.assert(
    fc.property(story, (items) => {
      const { status, snapshot, end } = told(items);
      expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
      expect(status.snapshot(end, end)).toEqual(snapshot);
      const texts = JSON.stringify(snapshot, (_, value: unknown) => value);
      expect(texts).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?<!\\)\\u00[01]/u);
    }),
  );
});

test('health is good exactly when there are no reasons', () => {
  fc.assert(
    fc.property(story, (items) => {
      const { health, connections } = told(items).snapshot;
      for (const { level, reasons } of [health, ...connections.map((one) => one.health)])
        expect(level === 'good').toBe(reasons.length === 0);
    }),
  );
});

test('memory is bounded: every list stops at its limit', () => {
  const status = createRecordingStatus({ startedAt: 0, books: true });
  for (let number = 0; number < 5000; number += 1) {
    const product = `P${number}-USD`;
    status.observe(connected(number, number));
    status.observe(frame({ at: number, connection: number, channel: 'l2_data', product }));
    status.observe(frame({ at: number, connection: number, channel: `channel_${number}` }));
    status.observe(gap(number, number, 1));
    if (number % 2 === 0) status.observe(disconnected(number, number));
    status.observeCapture({ kind: 'opened', file: `run-${number}.ndjson` }, number);
  }
  const { connections, streams, incidents, books, capture, totals } = status.snapshot(5_000_000, 5_000_000);
  expect(connections.length).toBeLessThanOrEqual(CONNECTION_LIMIT);
  expect(streams.length).toBeLessThanOrEqual(PAIR_LIMIT + 2 * (CHANNEL_LIMIT + 1));
  expect(incidents).toHaveLength(INCIDENT_LIMIT);
  expect(books?.kept).toHaveLength(BOOK_LIMIT);
  expect(capture.segments).toHaveLength(20);
  expect(status.history(5_000_000, 5_000_000).at).toHaveLength(900);
  expect(totals).toMatchObject({ frames: 10_000, connections: 5000, gaps: 5000, disconnects: 2500 });
});

test('the history holds 15 minutes', () => {
  const history = createSecondHistory();
  for (let second = 0; second < 1000; second += 1)
    history.push({ second, frames: 1, bytes: 2, lag: undefined });
  const { at } = history.snapshot(0, 0, (second) => second);
  expect([at.length, at[0], at.at(-1)]).toEqual([900, 100, 999]);
});

test('a storm of gaps is one incident a second, with all its frames counted', () => {
  const status = createRecordingStatus({ startedAt: 0 });
  status.observe(connected(0, 0));
  for (let at = 0; at < 3000; at += 1) status.observe(gap(0, at, 2));
  const { incidents, totals } = status.snapshot(3000, 3000);
  const gaps = incidents.filter(({ kind }) => kind === 'gap');
  expect(gaps).toHaveLength(3);
  expect(gaps.map(({ times, count }) => [times, count])).toEqual([
    [1000, 2000],
    [1000, 2000],
    [1000, 2000],
  ]);
  expect(totals).toMatchObject({ gaps: 3000, gapFrames: 6000 });
});
