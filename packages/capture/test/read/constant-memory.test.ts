import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeRecord } from '@feedtape/capture';
import { expect, test } from 'vitest';
import { frameLine, headerLine, temporaryFolder } from '../capture-files.ts';

const FRAMES = 400_000;
const ALLOWED_MB = 160;

/** A recording of more bytes than the reader may have memory for. */
function writeLong(path: string): void {
  const fd = openSync(path, 'w');
  writeSync(fd, encodeRecord(headerLine()));
  const text = JSON.stringify({ channel: 'l2_data', pad: 'x'.repeat(600) });
  const [head = '', tail = ''] = Buffer.from(encodeRecord(frameLine({ index: 0, ms: 0, text })))
    .toString()
    .split('"index":0');
  for (let index = 0; index < FRAMES; index += 1000) {
    const lines = Array.from({ length: 1000 }, (_, n) => `${head}"index":${index + n}${tail}`);
    writeSync(fd, lines.join(''));
  }
  closeSync(fd);
}

const program = `
import { frames, inspectCapture, verifyCapture } from '@feedtape/capture/node';
const path = process.argv[1];
const before = process.memoryUsage().rss;
let count = 0;
for await (const frame of frames(path)) count += frame.byteLength > 0 ? 1 : 0;
for await (const batch of frames(path).batches({ reuse: true })) count += batch.length;
count += (await inspectCapture(path)).frames;
count += (await verifyCapture(path)).frames;
process.stdout.write(JSON.stringify({ count, grownMb: (process.resourceUsage().maxRSS * 1024 - before) / 1e6 }));
`;

test(`reading, inspecting and verifying 300 MB grows the process by less than ${ALLOWED_MB} MB`, () => {
  const path = join(temporaryFolder(), 'long.ndjson');
  writeLong(path);
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@feedtape/source', '--input-type=module', '--eval', program, path],
    { encoding: 'utf8', cwd: import.meta.dirname },
  );
  expect(stderr).toBe('');
  const { count, grownMb } = JSON.parse(stdout) as { readonly count: number; readonly grownMb: number };
  expect(count).toBe(4 * FRAMES);
  expect(grownMb).toBeLessThan(ALLOWED_MB);
});
