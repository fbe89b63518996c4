import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWriter } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { watchedFiles } from '../faulty-files.ts';

// What survives a power cut is decided by the order of these calls. The cut itself is tried at night, on real
// file systems (power-cut.ts).

/** The calls of a short run, with file names for paths. */
async function callsOfARun(): Promise<string[]> {
  const folder = join(temporaryFolder(), 'capture');
  const calls: string[] = [];
  const watched = watchedFiles(({ name, path }) => {
    calls.push(`${name} ${path === folder ? 'folder' : path.slice(folder.length + 1)}`);
    return undefined;
  });
  const files = {
    ...watched,
    async open(path: string, flags: string, mode?: number) {
      const file = await watched.open(path, flags, mode);
      return path === folder ? { ...file, sync: () => (calls.push('sync folder'), file.sync()) } : file;
    },
  };
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    run: 'run',
    fsync: 'always',
    reserveBytes: 0,
    files,
  });
  calls.push('opened');
  writer.frame(0, Buffer.from('{}'), performance.now());
  await writer.drained();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(writer.stats.durableFrames).toBe(1);
  calls.push('durable');
  await writer.close();
  return calls.filter((call) => !call.includes('writer.lock'));
}

const SEGMENT = 'run-000000.ndjson';

test('a new segment is durable by name and content before a frame goes into it', async () => {
  const calls = await callsOfARun();
  expect(calls.slice(0, calls.indexOf('opened'))).toEqual([
    `open ${SEGMENT}.partial`,
    `chmod ${SEGMENT}.partial`,
    `write ${SEGMENT}.partial`,
    `datasync ${SEGMENT}.partial`,
    'sync folder',
    'sync folder',
  ]);
});

test('a checkpoint is followed by an fdatasync before a frame is called durable', async () => {
  const calls = await callsOfARun();
  expect(calls.slice(calls.indexOf('opened') + 1, calls.indexOf('durable'))).toEqual([
    `write ${SEGMENT}.partial`,
    `write ${SEGMENT}.partial`,
    `datasync ${SEGMENT}.partial`,
  ]);
});

test('a segment gets its name when all of it is durable, and the name is made durable too', async () => {
  const calls = await callsOfARun();
  expect(calls.slice(calls.indexOf('durable') + 1)).toEqual([
    'unlink reserve.bin',
    `write ${SEGMENT}.partial`,
    `datasync ${SEGMENT}.partial`,
    `open ${SEGMENT}.sha256.tmp`,
    `write ${SEGMENT}.sha256.tmp`,
    `datasync ${SEGMENT}.sha256.tmp`,
    `rename ${SEGMENT}.sha256.tmp`,
    `rename ${SEGMENT}.partial`,
    'sync folder',
    'sync folder',
    'open manifest.ndjson',
    'write manifest.ndjson',
    'datasync manifest.ndjson',
    // The manifest is new: without this a power cut takes its name.
    'sync folder',
    'sync folder',
  ]);
});
