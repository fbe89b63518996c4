import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { METRIC_ROWS } from '#status/metrics/metric-rows';
import { createRecordingMetrics } from '#status/metrics/recording-metrics';
import { createRecordingStatus, type RecordingStatus } from '#status/model/recording-status';
import {
  connected,
  disconnected,
  frame,
  frameOf,
  gap,
  stale,
  subscribed,
  watchedWriter,
} from '../feed-items.ts';

/** One line of the exposition format that is neither empty nor a comment. */
interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^(?<name>[a-z_:][a-z0-9_:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/u;
const LABEL = /(?<name>[a-z_][a-z0-9_]*)="(?<value>(?:[^"\\]|\\.)*)"(?:,|$)/guy;
const COMMENT = /^# (?:HELP [a-z_]+ .+|TYPE [a-z_]+ (?:counter|gauge))$/u;

/** A strict reader of the text format; throws at the first line that it does not allow. */
function parse(text: string): readonly Series[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  return text.split('\n').flatMap((line) => {
    if (line === '' || COMMENT.test(line)) return [];
    const { name = '', labels = '', value = '' } = SAMPLE.exec(line)?.groups ?? {};
    const pairs = [...labels.matchAll(LABEL)];
    const read = pairs.reduce((length, [all]) => length + all.length, 0);
    const isNumber = value === 'NaN' || value === '+Inf' || Number.isFinite(Number(value));
    if (name === '' || read !== labels.length || !isNumber) throw new Error(`not a sample: ${line}`);
    return [
      {
        name,
        labels: Object.fromEntries(
          pairs.map(({ groups }) => [groups?.['name'] ?? '', groups?.['value'] ?? '']),
        ),
        value: Number(value),
      },
    ];
  });
}

async function scrape(status: RecordingStatus, now = 10_000): Promise<readonly Series[]> {
  return parse(await createRecordingMetrics('1.2.3').text(status.snapshot(now, 1_790_000_000_000 + now)));
}

function busy(): RecordingStatus {
  const status = createRecordingStatus({ startedAt: 0, books: true });
  status.attachWriter(watchedWriter({ frames: 7, bytes: 4000, dropped: 2 }));
  status.observe(connected(0, 0));
  status.observe(subscribed(0, 0, ['BTC-USD']));
  status.observe(frame({ at: 100, sentAt: 1_790_000_000_100, channel: 'ticker', product: 'BTC-USD' }));
  const sentAt = 1_790_000_008_000;
  status.observe(
    frame({ at: 8000, sentAt, channel: 'ticker', product: 'BTC-USD', verdict: { kind: 'duplicate' } }),
  );
  status.observe(frame({ at: 9000, sentAt: 1_790_000_008_960, verdict: { kind: 'late' } }));
  status.observe(gap(0, 8000, 4));
  status.observe(stale(0, 8000, ['BTC-USD']));
  status.observe(gap(1, 8000, null, 'disconnect'));
  status.observe(disconnected(1, 8000, 60_000));
  status.observeCapture({ kind: 'disk', freeBytes: 1e9, totalBytes: 2e9 }, 1);
  return status;
}

test('the figures are those of the snapshot', async () => {
  const series = await scrape(busy());
  const value = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
    series.find(
      (one) => one.name === name && Object.entries(labels).every(([key, text]) => one.labels[key] === text),
    )?.value;
  expect({
    frames: value('feedtape_frames_total', { channel: 'ticker', product: 'BTC-USD' }),
    known: value('feedtape_gaps_total', { extent: 'known' }),
    unknown: value('feedtape_gaps_total', { extent: 'unknown' }),
    missing: value('feedtape_gap_frames_total'),
    late: value('feedtape_late_frames_total'),
    duplicates: value('feedtape_irregular_frames_total', { verdict: 'duplicate' }),
    waiting: value('feedtape_connections', { phase: 'waiting' }),
    age: value('feedtape_connection_last_frame_age_seconds', { connection: '0' }),
    stale: value('feedtape_stale_products'),
    lag: value('feedtape_lag_seconds', { statistic: 'maximum' }),
    writable: value('feedtape_capture_writable'),
    dropped: value('feedtape_capture_dropped_frames_total'),
    free: value('feedtape_disk_free_bytes'),
    version: value('feedtape_build_info', { version: '1.2.3' }),
  }).toEqual({
    frames: 2,
    known: 1,
    unknown: 1,
    missing: 4,
    late: 1,
    duplicates: 1,
    waiting: 1,
    age: 1,
    stale: 1,
    lag: 0.04,
    writable: 1,
    dropped: 2,
    free: 1e9,
    version: 1,
  });
});

test('an unacknowledged subscription is counted once, and shown while it lasts', async () => {
  const status = createRecordingStatus({ startedAt: 0 });
  const values = async (): Promise<readonly (number | undefined)[]> => {
    const series = await scrape(status);
    const of = (name: string, answer?: string): number | undefined =>
      series.find((one) => one.name === name && one.labels['answer'] === answer)?.value;
    return [of('feedtape_rejections_total', 'omission'), of('feedtape_unacknowledged_subscriptions')];
  };
  status.observe(connected(0, 0));
  status.observe(subscribed(0, 1, ['BTC-USD'], ['BTC-USDD']));
  status.observe(subscribed(0, 2, ['BTC-USD'], ['BTC-USDD', 'ETH-USDD']));
  expect(await values()).toEqual([2, 2]);
  status.observe(subscribed(0, 3, ['BTC-USD', 'BTC-USDD', 'ETH-USDD']));
  expect(await values()).toEqual([2, 0]);
});

test('a frame about several products counts once, and a private one names none', async () => {
  const status = createRecordingStatus({ startedAt: 0 });
  const tickers = ['BTC-USD', 'ETH-USD'].map((product_id) => ({ product_id }));
  const orders = [{ order_id: 'a', product_id: 'SOL-USD' }];
  const envelope = { timestamp: '', sequence_num: 0 };
  for (const message of [
    { channel: 'ticker_batch', ...envelope, events: [{ type: 'update', tickers }] },
    { channel: 'user', ...envelope, events: [{ type: 'update', orders }] },
  ])
    status.observe(frameOf(JSON.stringify(message), { at: 1 }));
  const series = await scrape(status);
  expect(series.filter(({ name }) => name === 'feedtape_frames_total').map(({ labels }) => labels)).toEqual([
    { channel: 'ticker_batch', product: '(several)' },
    { channel: 'user', product: '' },
  ]);
});

test('a restart is no duplicate', async () => {
  const status = createRecordingStatus({ startedAt: 0 });
  status.observe(connected(0, 0));
  status.observe(frame({ at: 1, verdict: { kind: 'duplicate', restart: true } }));
  const irregular = (await scrape(status)).filter(({ name }) => name === 'feedtape_irregular_frames_total');
  expect(Object.fromEntries(irregular.map(({ labels, value }) => [labels['verdict'], value]))).toEqual({
    duplicate: 0,
    restart: 1,
    stale: 0,
    invalid: 0,
  });
});

const figures = (text: string): readonly Series[] =>
  parse(text).filter(({ name }) => !name.startsWith('process_'));

test('a second scrape repeats the totals instead of adding them up', async () => {
  const status = busy();
  const metrics = createRecordingMetrics('1.2.3');
  const snapshot = status.snapshot(10_000, 10_000);
  const first = figures(await metrics.text(snapshot));
  expect(figures(await metrics.text(snapshot))).toEqual(first);
});

test('names and labels follow the conventions', () => {
  for (const { name, help, labels = [] } of METRIC_ROWS) {
    expect(name).toMatch(/^feedtape_[a-z]+(?:_[a-z]+)*$/u);
    expect(name).not.toMatch(/_(?:ms|milliseconds|kb|count)(?:_|$)/u);
    expect(help).toMatch(/^[A-Z0-9].*\.$/u);
    expect(labels.filter((label) => !/^[a-z]+$/u.test(label))).toEqual([]);
  }
});

test('whatever a server sends, a scrape is valid and has at most 1,000 series', async () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('l2_data', 'BTC-USD', '__proto__', '"}\n# x'),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, name), { maxLength: 50 }), async (pairs) => {
      const status = createRecordingStatus({ startedAt: 0, books: true });
      for (const [channel, product] of pairs) {
        const events = [{ type: 'update', product_id: product, updates: [] }];
        status.observe(frameOf(JSON.stringify({ channel, sequence_num: 1, events }), { at: 1 }));
      }
      expect((await scrape(status)).length).toBeLessThanOrEqual(1000);
    }),
    { numRuns: 30 },
  );
});

test('a flood of channels, products and connections stays within 1,000 series', async () => {
  const status = createRecordingStatus({ startedAt: 0, books: true });
  for (let number = 0; number < 200; number += 1) status.observe(connected(number, number));
  for (let number = 0; number < 5000; number += 1) {
    const at = 1000 + number;
    status.observe(
      frame({ at, connection: number % 200, channel: `channel_${number % 60}`, product: `P${number}-USD` }),
    );
    status.observe(frame({ at, connection: number % 200, channel: 'l2_data', product: `Q${number}-USD` }));
  }
  const series = await scrape(status);
  expect(series.length).toBeLessThanOrEqual(1000);
  expect(series.length).toBeGreaterThan(800);
  const counted = series
    .filter(({ name }) => name === 'feedtape_frames_total')
    .reduce((sum, { value }) => sum + value, 0);
  expect(counted).toBe(10_000);
});

const exported = async (): Promise<ReadonlySet<string>> =>
  new Set((await scrape(busy())).map(({ name }) => name));

test.for(['alerts.yml', 'grafana-dashboard.json'])('every metric that %s names exists', async (file) => {
  const text = readFileSync(new URL(`../../../operations/${file}`, import.meta.url), 'utf8');
  const named = new Set(text.match(/\b(?:feedtape|process)_[a-z_]+\b/gu));
  const known = await exported();
  expect(named.size).toBeGreaterThan(10);
  expect([...named].filter((name) => !known.has(name))).toEqual([]);
});

test('the dashboard is one that Grafana can import: unique panels on a grid of 24 columns', () => {
  const text = readFileSync(new URL('../../../operations/grafana-dashboard.json', import.meta.url), 'utf8');
  const { panels } = JSON.parse(text) as {
    panels: { id: number; gridPos: { x: number; w: number }; targets: unknown[] }[];
  };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(panels.filter(({ gridPos: { x, w }, targets }) => x + w > 24 || targets.length === 0)).toEqual([]);
});
