import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import type { Files, WriterEvent } from '@feedtape/capture/node';
import { environmentOf } from '#node/fs/environment';
import { lockFolder } from '#node/lock/folder-lock';
import type { FolderLock } from '#node/lock/folder-lock';
import { nodeFiles } from '#node/fs/node-file-system';
import { systemProcesses } from '#node/system/processes';
import type { Timers } from '#node/system/timers';
import { temporaryFolder } from '../capture-files.ts';
import { systemError } from '../faulty-files.ts';
import { impatientTimers } from '../impatient-timers.ts';
import { startRecorder } from '../kills/recorder-child.ts';

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
    Array.from({ length: 50 }, () =>
      lockFolder(environmentOf({ environment: { timers: impatientTimers } }), folder),
    ),
  );
  const won = results.filter(({ status }) => status === 'fulfilled');
  expect(won.length).toBe(1);
  const codes = results.flatMap((result) =>
    result.status === 'rejected' ? [(result.reason as { code: string }).code] : [],
  );
  expect(new Set(codes)).toEqual(new Set(['CAPTURE_LOCKED']));
});

interface Identity {
  readonly host: string;
  readonly namespace: string | null;
}

async function ownIdentity(): Promise<Identity> {
  const folder = temporaryFolder();
  const lock = await lockFolder(environmentOf({}), folder);
  const holder = JSON.parse(readFileSync(join(folder, 'writer.lock'), 'utf8')) as Identity;
  await lock.release();
  return holder;
}

test('a process that comes late to a dead lock is refused when another has replaced it meanwhile', async () => {
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

/** Timers that fire at once, and call back before they do. */
function quickTimers(onWait: (ms: number) => void): Timers {
  const after = (ms: number, run: () => void): (() => void) => {
    onWait(ms);
    setImmediate(run);
    return () => undefined;
  };
  return { after, afterInBackground: after };
}

test.for([
  ['on another host', { host: 'elsewhere' }],
  ['in another container', { namespace: 'pid:[1]' }],
])('a holder %s is believed while it touches its lock, whatever the clocks say', async ([, other]) => {
  const folder = temporaryFolder();
  deadLock(folder, { ...(await ownIdentity()), ...(other as object) });
  const path = join(folder, 'writer.lock');
  let waitedMs = 0;
  let touch = true;
  const timers = quickTimers((ms) => {
    waitedMs += ms;
    // Its clock is hours behind.
    if (touch && waitedMs % 5_000 === 0) utimesSync(path, waitedMs / 1000, waitedMs / 1000);
  });
  const environment = environmentOf({ environment: { timers } });
  await expect(lockFolder(environment, folder)).rejects.toMatchObject({ code: 'CAPTURE_LOCKED' });
  expect(waitedMs).toBeLessThanOrEqual(6_000);
  touch = false;
  waitedMs = 0;
  const watched: string[] = [];
  const lock = await lockFolder(environment, folder, { onWatch: (holder) => watched.push(holder) });
  expect(watched).toHaveLength(1);
  expect(waitedMs).toBeGreaterThanOrEqual(15_000);
  expect(lock.previousIsDead).toBe(false);
  await lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test('an abort while watching a lock stops at once and leaves the lock unchanged', async () => {
  const folder = temporaryFolder();
  deadLock(folder, { ...(await ownIdentity()), host: 'elsewhere' });
  const stop = new AbortController();
  const opening = openWriter({
    folder,
    url,
    signal: stop.signal,
    onEvent: () => setImmediate(() => stop.abort(new Error('stopped'))),
    environment: { timers: { after: () => () => undefined, afterInBackground: () => () => undefined } },
  });
  await expect(opening).rejects.toThrow('stopped');
  expect(readdirSync(folder)).toEqual(['writer.lock']);
});

test.for(['EACCES', 'EIO', 'EMFILE'])(
  'a lock that cannot be read (%s) may be held: nobody takes it, and what to do is said',
  async (code) => {
    const folder = join(temporaryFolder(), 'capture');
    const first = await openWriter({ folder, url, fsync: 'never' });
    const before = hashOf(folder);
    const files: Files = {
      ...nodeFiles,
      readFile: (async (path: string, options: 'utf8') => {
        if (path.endsWith('writer.lock')) throw systemError(code);
        return await nodeFiles.readFile(path, options);
      }) as Files['readFile'],
    };
    const refusal = openWriter({ folder, url, files });
    await expect(refusal).rejects.toMatchObject({ code: 'CAPTURE_LOCKED' });
    await expect(refusal).rejects.toThrow(new RegExp(`${code}.*remove`, 'u'));
    await expect(repairCapture(folder, { files })).rejects.toMatchObject({ code: 'CAPTURE_LOCKED' });
    expect(hashOf(folder)).toBe(before);
    first.frame(0, Buffer.from('{}'), performance.now());
    expect((await first.close()).segments.length).toBe(1);
  },
);

test('a process whose start cannot be read is not taken for a dead one', async () => {
  const folder = temporaryFolder();
  deadLock(folder, { ...(await ownIdentity()), pid: process.pid, started: '1' });
  const processes = { ...systemProcesses, startOf: () => null };
  await expect(lockFolder(environmentOf({ environment: { processes } }), folder)).rejects.toMatchObject({
    code: 'CAPTURE_LOCKED',
  });
});

test('a writer that lost its folder notices before it seals, and changes nothing more', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const events: WriterEvent[] = [];
  const first = await openWriter({ folder, url, fsync: 'never', onEvent: (event) => events.push(event) });
  first.frame(0, Buffer.from('{"n":1}'), performance.now());
  await expect.poll(() => first.stats.frames).toBe(1);
  // Somebody removes the lock; the folder is free for the next one, while the first has its file open.
  unlinkSync(join(folder, 'writer.lock'));
  const second = await openWriter({ folder, url, run: 'second' });
  second.frame(0, Buffer.from('{"n":2}'), performance.now());
  await second.close();
  const before = hashOf(folder);
  // It was not paused, so it writes on, into a file that has no name any more.
  first.frame(0, Buffer.from('{"n":3}'), performance.now());
  await expect.poll(() => first.stats.frames).toBe(2);
  await first.close();
  expect(first.stats).toMatchObject({ state: 'failed', durableFrames: 0 });
  expect(hashOf(folder)).toBe(before);
  expect(JSON.stringify(events)).toContain('CAPTURE_LOCK_LOST');
  expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [] });
});

test('taking a folder removes the drafts of killed processes', async () => {
  const folder = temporaryFolder();
  const dead = { ...(await ownIdentity()), id: '00000000-0000-4000-8000-00000000000a', pid: process.pid };
  const litter = [`writer.lock.${dead.id}`, `writer.lock.${dead.id}.right`];
  for (const file of litter) writeFileSync(join(folder, file), JSON.stringify({ ...dead, started: '1' }));
  // Killed between making the file and writing it; and one of somebody else.
  writeFileSync(join(folder, 'writer.lock.00000000-0000-4000-8000-00000000000b'), '');
  writeFileSync(join(folder, 'writer.lock.mine'), '');
  const lock = await lockFolder(environmentOf({}), folder);
  expect(readdirSync(folder).toSorted()).toEqual(['writer.lock', 'writer.lock.mine']);
  await lock.release();
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
