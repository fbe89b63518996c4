// Reads a recording while it is written: here by the same program, usually by another.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { frames, openWriter } from '@feedtape/capture/node';

const folder = await mkdtemp(join(tmpdir(), 'feedtape-example-'));
const stop = new AbortController();
const { signal } = stop;

async function record(): Promise<void> {
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    rotate: { bytes: 4_000 },
    compress: 'zstd',
  });
  for (let n = 0; n < 200; n += 1) {
    writer.frame(0, Buffer.from(`{"n":${n}}`), performance.now());
    await setTimeout(2);
  }
  await writer.close();
}

async function read(): Promise<number> {
  let count = 0;
  // #region follow
  try {
    for await (const frame of frames(folder, { follow: true, signal })) {
      count += 1;
      if (frame.index === 199) stop.abort();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  // #endregion
  return count;
}

const [count] = await Promise.all([read(), record()]);
console.log(`${count} frames, each once`);
await rm(folder, { recursive: true });
