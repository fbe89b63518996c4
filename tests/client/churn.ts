// Ten thousand connections opened and closed: nothing is left behind. npm run nightly -- client-churn [connections]
import { fork } from 'node:child_process';
import { once as happens } from 'node:events';
import { readdirSync } from 'node:fs';
import { nextItem, openFeed } from '@feedtape/client';

const connections = Number(process.argv[2] ?? 10_000);
const limits = { connectionsPerSecond: 1e9, messagesPerSecond: 1e9 };
const options = JSON.stringify({ products: ['BTC-USD'], limits, ledger: { frames: 0, messages: 0 } });
const child = fork(new URL('exchange-process.ts', import.meta.url), [options], {
  execArgv: ['--conditions=@feedtape/source'],
});
const [url] = (await happens(child, 'message')) as [string];

async function cycle(): Promise<void> {
  const feed = openFeed({ url, subscriptions: [{ channel: 'ticker', productIds: ['BTC-USD'] }] });
  await nextItem(feed, 'connected');
  await feed.close();
}

const read = (): { heap: number; descriptors: number; resources: string } => {
  globalThis.gc?.();
  return {
    heap: process.memoryUsage().heapUsed,
    descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    resources: process.getActiveResourcesInfo().toSorted().join(),
  };
};

for (let warm = 0; warm < 200; warm += 1) await cycle();
const before = read();
for (let done = 0; done < connections; done += 1) await cycle();
await new Promise((resolve) => setTimeout(resolve, 500));
const after = read();
child.kill();

process.stdout.write(`${JSON.stringify({ connections, before, after })}\n`);
const grown = after.heap - before.heap;
if (
  grown > 10 * 1_048_576 ||
  after.descriptors > before.descriptors + 3 ||
  after.resources !== before.resources
) {
  process.stderr.write('something was left behind\n');
  process.exitCode = 1;
}
