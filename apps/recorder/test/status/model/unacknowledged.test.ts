import type { FeedItem } from '@feedtape/client';
import { summaryText, type RecordingSummary } from '#record/summary';
import { watchUnacknowledged } from '#status/model/unacknowledged';
import { expect, test } from 'vitest';

const subscribed = (
  connection: number,
  products: readonly string[],
  missing: readonly string[],
  aliases: Readonly<Record<string, string>> = {},
): FeedItem => ({
  kind: 'subscribed',
  connection,
  line: 0,
  at: 0,
  subscriptions: { level2: products, heartbeats: ['heartbeats'] },
  missing: missing.length === 0 ? [] : [{ channel: 'level2', productIds: missing }],
  aliases,
});

test('a product that is left out stays unacknowledged until one acknowledgement lists it', () => {
  const watch = watchUnacknowledged();
  watch.observe(subscribed(0, ['BTC-USD'], ['BTC-USDD', 'ETH-USD']));
  expect(watch.names).toEqual(['level2 BTC-USDD', 'level2 ETH-USD']);
  watch.observe(subscribed(0, ['BTC-USD', 'ETH-USD'], ['BTC-USDD']));
  expect(watch.names).toEqual(['level2 BTC-USDD']);
  watch.observe(subscribed(1, ['SOL-USD'], []));
  expect(watch.names).toEqual(['level2 BTC-USDD']);
  watch.observe(subscribed(2, ['BTC-USD', 'BTC-USDD'], []));
  expect(watch.names).toEqual([]);
});

test('a product served under another name is acknowledged, and an empty acknowledgement is made good', () => {
  const watch = watchUnacknowledged();
  watch.observe(subscribed(0, [], ['BTC-USDC']));
  watch.observe(subscribed(1, ['BTC-USD'], [], { 'BTC-USDC': 'BTC-USD' }));
  expect(watch.names).toEqual([]);
  watch.observe({ ...subscribed(0, [], []), missing: [{ channel: 'user' }] } as FeedItem);
  expect(watch.names).toEqual(['user']);
});

test('the summary names what was not acknowledged', () => {
  const summary: RecordingSummary = {
    path: 'captures',
    run: 'x',
    segments: ['x.ndjson'],
    frames: 1,
    bytes: 1,
    connections: 1,
    gaps: 3,
    unknownGaps: 1,
    missing: 2,
    late: 5,
    duplicates: 4,
    restarts: 1,
    dropped: 0,
    rejected: 0,
    unacknowledged: ['level2 BTC-USDD', 'level2 \u001b[2J'],
    elapsedMs: 1000,
  };
  const text = summaryText(summary, 'feedtape').join('\n');
  expect(text).toContain('3 (2 missing, 1 of unknown extent, 5 late, 4 duplicates, 1 restart)');
  expect(text).toMatch(/not acknowledged: level2 BTC-USDD, level2 .*mistyped or delisted/u);
  expect(text).not.toContain('\u001b');
  expect(summaryText({ ...summary, unacknowledged: [] }, 'feedtape').join('\n')).not.toContain(
    'acknowledged',
  );
});
