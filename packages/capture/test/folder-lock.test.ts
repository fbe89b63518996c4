import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWriter } from '@feedtape/capture/node';
import type { Files } from '@feedtape/capture/node';
import { environmentOf } from '#node/environment';
import { lockFolder } from '#node/folder-lock';
import type { FolderLock } from '#node/folder-lock';
import { nodeFiles } from '#node/files';
import { temporaryFolder } from './capture-files.ts';
import { startRecorder } from './recorder-child.ts';

const url = 'wss://example.test';
const hashOf = (folder: string): string =>
  readdirSync(folder)
    .toSorted()
    .reduce((hash, file) => hash.update(file).update(readFileSync(join(folder, file))), createHash('sha256'))
    .digest('hex');

test('a second recorder is refused and changes no byte', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const first = await openWriter({ folder, url, fsync: 'never' });
  const before = hashOf(folder);
  await expect(openWriter({ folder, url })).rejects.toMatchObject({ code: 'CAPTURE_LOCKED' });
  const other = startRecorder({ options: { folder, url }, seed: 1, connections: 1, frames: 1 });
  expect(await other.ended).not.toBe(0);
  expect(hashOf(folder)).toBe(before);
  await first.close();
});

test('the lock of a process that was killed does not block the next start', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const child = startRecorder({ options: { folder, url }, seed: 1, connections: 1, pace: 1 });
  await child.said('ready');
  await expect(openWriter({ folder, url })).rejects.toMatchObject({ code: 'CAPTURE_LOCKED' });
  child.process.kill('SIGKILL');
  await child.ended;
  await (await openWriter({ folder, url })).close();
});

function deadLock(folder: string, overrides: Record<string, unknown> = {}): void {
  const holder = {
    id: '00000000-0000-4000-8000-000000000000',
    host: 'x',
    pid: 1,
    started: '1',
    namespace: null,
  };
  writeFileSync(join(folder, 'writer.lock'), JSON.stringify({ ...holder, ...overrides }));
}

test.for([
  ['free', undefined],
  ['held by a dead process whose number is in use again', { started: '1' }],
  ['left empty by a power cut', 'empty'],
])('of fifty that start at once on a folder %s, one gets it', async ([, state]) => {
  const folder = temporaryFolder();
  const { host, namespace } = await ownIdentity();
  if (state === 'empty') writeFileSync(join(folder, 'writer.lock'), '');
  else if (state !== undefined) deadLock(folder, { host, namespace, pid: process.pid, started: '1' });
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, () => lockFolder(environmentOf({}), folder)),
  );
  const won = results.filter(({ status }) => status === 'fulfilled');
  expect(won.length).toBe(1);
  const codes = results.flatMap((result) =>
    result.status === 'rejected' ? [(result.reason as { code: string }).code] : [],
  );
  expect(new Set(codes)).toEqual(new Set(['CAPTURE_LOCKED']));
});

async function ownIdentity(): Promise<{ host: string; namespace: string | null }> {
  const folder = temporaryFolder();
  const lock = await lockFolder(environmentOf({}), folder);
  const holder = JSON.parse(readFileSync(join(folder, 'writer.lock'), 'utf8')) as {
    host: string;
    namespace: string | null;
  };
  await lock.release();
  return holder;
}

test('who comes late to a dead lock, when another has replaced it meanwhile, is refused', async () => {
  const folder = temporaryFolder();
  const { host, namespace } = await ownIdentity();
  deadLock(folder, { host, namespace, pid: process.pid, started: '1' });
  const winners: FolderLock[] = [];
  const late: Files = {
    ...nodeFiles,
    async link(from, to) {
      if (String(to).endsWith('.right') && winners.length === 0)
        winners.push(await lockFolder(environmentOf({}), folder));
      await nodeFiles.link(from, to);
    },
  };
  await expect(lockFolder(environmentOf({ files: late }), folder)).rejects.toMatchObject({
    code: 'CAPTURE_LOCKED',
  });
  expect(readdirSync(folder)).toEqual(['writer.lock']);
  await winners[0]?.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a holder on another host is believed while it shows itself, and for half a minute after', async () => {
  const folder = temporaryFolder();
  deadLock(folder, { host: 'elsewhere' });
  await expect(lockFolder(environmentOf({}), folder)).rejects.toMatchObject({ code: 'CAPTURE_LOCKED' });
  const then = new Date(Date.now() - 60_000);
  utimesSync(join(folder, 'writer.lock'), then, then);
  await (await lockFolder(environmentOf({}), folder)).release();
});

test.for([0o000, 0o022, 0o077])('whatever the umask (%o), files are for their owner alone', async (mask) => {
  const before = process.umask(mask);
  const folder = join(temporaryFolder(), 'deep', 'capture');
  try {
    const writer = await openWriter({ folder, url });
    writer.frame(0, Buffer.from('{}'), performance.now());
    await writer.close();
  } finally {
    process.umask(before);
  }
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
});

test('a file that is there already is never written into', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'capture'));
  writeFileSync(join(folder, 'capture', 'run-000000.ndjson'), 'mine', { mode: 0o644 });
  await expect(openWriter({ folder: join(folder, 'capture'), url, run: 'run' })).rejects.toMatchObject({
    code: 'CAPTURE_OPTION',
  });
  expect(readFileSync(join(folder, 'capture', 'run-000000.ndjson'), 'utf8')).toBe('mine');
});

test('private frames are refused a folder that others can read', async () => {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  await expect(openWriter({ folder, url, private: true })).rejects.toMatchObject({
    code: 'CAPTURE_FOLDER_READABLE',
  });
  chmodSync(folder, 0o700);
  await (await openWriter({ folder, url, private: true })).close();
});

test.for(['../x', 'a/b', '', '.', 'a\nb', `x${'y'.repeat(64)}`])(
  'a run named %j never becomes a file name',
  async (run) => {
    const folder = temporaryFolder();
    await expect(openWriter({ folder, url, run })).rejects.toMatchObject({ code: 'CAPTURE_OPTION' });
    expect(readdirSync(folder)).toEqual([]);
  },
);

test('a process that is only stopped still holds its folder', async () => {
  const folder = temporaryFolder();
  const sleeper = spawn('sleep', ['60']);
  const { host, namespace } = await ownIdentity();
  const stat = readFileSync(`/proc/${sleeper.pid}/stat`, 'utf8');
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  sleeper.kill('SIGSTOP');
  deadLock(folder, { host, namespace, pid: sleeper.pid, started });
  await expect(lockFolder(environmentOf({}), folder)).rejects.toMatchObject({ code: 'CAPTURE_LOCKED' });
  sleeper.kill('SIGKILL');
  await new Promise((resolve) => sleeper.once('close', resolve));
  await (await lockFolder(environmentOf({}), folder)).release();
});
