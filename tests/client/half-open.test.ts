import { type ChildProcess, fork } from 'node:child_process';
import { once as happens } from 'node:events';
import { nextItem, type FeedItem, openFeed, type StaleItem } from '@feedtape/client';
import { afterEach, expect, test } from 'vitest';

let child: ChildProcess | undefined;

afterEach(() => {
  child?.kill('SIGKILL');
});

test('a server that stops without a word: stale by 2.5 s, given up by 6.5 s, back when it runs again', async ({
  skip,
}) => {
  skip(process.platform === 'win32', 'there is no SIGSTOP on Windows');
  child = fork(new URL('exchange-process.ts', import.meta.url), {
    execArgv: ['--conditions=@feedtape/source'],
  });
  const [url] = (await happens(child, 'message')) as [string];
  const feed = openFeed({
    url,
    subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }],
    timeouts: { openMs: 2_000 },
    backoff: { firstRetryMs: 200, maxRetryMs: 500 },
  });
  let heardAt = 0;
  const hears = (item: FeedItem): FeedItem => {
    if (item.kind === 'frame') heardAt = item.at;
    return item;
  };
  await nextItem(feed, (item) => hears(item).kind === 'frame' && feed.statistics.frames > 20);
  child.kill('SIGSTOP');
  const stale = await nextItem(feed, (item): item is StaleItem => hears(item).kind === 'stale');
  expect(stale).toMatchObject({ reason: 'silence', productIds: ['BTC-USD'] });
  const ended = await nextItem(feed, 'disconnected');
  expect(ended.errorCode).toBe('SILENT');
  // On the feed's own clock, so that a busy machine does not decide; a little for the timers.
  expect(stale.at - heardAt).toBeLessThan(3_000);
  expect(ended.at - heardAt).toBeGreaterThanOrEqual(6_000);
  expect(ended.at - heardAt).toBeLessThan(7_500);
  // A handshake with a stopped server is not answered either.
  expect(await nextItem(feed, 'disconnected')).toMatchObject({ errorCode: 'HANDSHAKE_TIMEOUT' });
  child.kill('SIGCONT');
  expect(await nextItem(feed, 'recovered')).toMatchObject({ productIds: ['BTC-USD'] });
  await feed.close();
});
