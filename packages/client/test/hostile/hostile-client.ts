// A client alone in its process, so that its memory can be told from that of a test: lives through one connection to
// each URL and prints how it ended, then how much memory that took at most.
import { openFeed } from '@feedtape/client';

for (const url of process.argv.slice(2)) {
  const started = performance.now();
  let errorCode: string | undefined;
  let frames = 0;
  const feed = openFeed({
    url,
    subscriptions: [{ channel: 'ticker', productIds: ['BTC-USD'] }],
    timeouts: { openMs: 1_500, closeMs: 200, staleMs: 500, silenceMs: 1_500 },
  });
  await feed
    .consume((item) => {
      if (item.kind === 'frame') frames += 1;
      if (item.kind !== 'disconnected') return;
      ({ errorCode } = item);
      void feed.close();
    })
    // Giving up at once is an answer too.
    .catch(() => undefined);
  process.stdout.write(`${JSON.stringify({ errorCode, frames, ms: performance.now() - started })}\n`);
}
process.stdout.write(`${JSON.stringify({ megabytes: process.resourceUsage().maxRSS / 1_024 })}\n`);
