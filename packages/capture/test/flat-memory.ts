import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { openWriter } from '@feedtape/capture/node';

// Ten million frames through one writer, compressed and with old segments deleted: the memory of the process
// after the first million is the memory after the last. Prints the bytes that a frame takes on the disk.

const FRAMES = Number(process.argv[2] ?? 10_000_000);
const ALLOWED_GROWTH_MIB = 50;
const say = (text: string): void => void process.stdout.write(`${text}\n`);

function frame(n: number): Buffer {
  const price = (83_000 + (n % 9_973) / 100).toFixed(2);
  const levels = Array.from(
    { length: 1 + (n % 7) },
    (_, k) =>
      `{"side":"${k % 2 === 0 ? 'bid' : 'offer'}","event_time":"2026-09-30T02:39:53.40${n % 10}Z","price_level":"${price}","new_quantity":"0.${n % 100_003}"}`,
  );
  return Buffer.from(
    `{"channel":"l2_data","timestamp":"2026-09-30T02:39:53.67Z","sequence_num":${n},"events":[{"type":"update","product_id":"BTC-USD","updates":[${levels.join(',')}]}]}`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'feedtape-memory-'));
const written = { plain: 0, compressed: 0, waiting: 0 };
/** So many segments may wait for the compressor, whose turn comes before retention takes them. */
const MAX_WAITING = 2;
const writer = await openWriter({
  folder,
  url: 'wss://example.test',
  rotate: { bytes: 32 * 1024 * 1024 },
  compress: 'zstd',
  retention: { segments: 4 },
  onEvent: (event) => {
    if (event.kind === 'sealed') {
      written.plain += event.bytes;
      written.waiting += 1;
    }
    if (event.kind === 'compressed') {
      written.compressed += event.bytes;
      written.waiting -= 1;
    }
    if (event.kind === 'failed' || event.kind === 'compress-failed')
      throw new Error(event.kind, { cause: event.error });
  },
});
const frames = Array.from({ length: 10_000 }, (_, n) => frame(n));
const rawBytes = frames.reduce((sum, { length }) => sum + length, 0) / frames.length;
const rss: number[] = [];
for (let n = 1; n <= FRAMES; n += 1) {
  writer.frame(0, frames[n % frames.length] as Buffer, performance.now());
  if (n % 1_000 === 0) {
    if (writer.queuedBytes > 8 * 1024 * 1024) await writer.drained();
    else await setImmediate();
    while (written.waiting > MAX_WAITING) await setTimeout(5);
  }
  if (n % (FRAMES / 10) === 0) {
    rss.push(process.memoryUsage().rss / 1024 / 1024);
    say(`${n} frames: ${rss.at(-1)?.toFixed(0)} MiB`);
  }
}
await writer.close();
const size = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
rmSync(folder, { recursive: true });
say(
  `a frame: ${rawBytes.toFixed(0)} bytes raw, ${(written.plain / FRAMES).toFixed(0)} recorded, ${(written.compressed / FRAMES).toFixed(0)} compressed`,
);
say(`left in the folder: ${(size / 1024 / 1024).toFixed(0)} MiB`);
const growth = (rss.at(-1) ?? 0) - (rss[0] ?? 0);
say(`growth after the first tenth: ${growth.toFixed(0)} MiB`);
process.exitCode = growth < ALLOWED_GROWTH_MIB ? 0 : 1;
