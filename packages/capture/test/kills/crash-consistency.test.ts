// @module-tag slow

import { once } from 'node:events';
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import type { WriterOptions } from '@feedtape/capture/node';
import { systemProcesses } from '#node/system/processes';
import { temporaryFolder } from '../capture-files.ts';
import { systemError, watchedFiles } from '../faulty-files.ts';
import type { FileCall } from '../faulty-files.ts';

const url = 'wss://example.test';
const S = 'run-000000.ndjson';
const T = 'run-000001.ndjson';
/** For whoever comes after: the holder before is dead, and no process has its number. */
const processes = { ...systemProcesses, isRunning: () => false };

/** The folder, and a file system that a process dies in: after a call, nothing of it has an effect any more. */
interface Death {
  readonly folder: string;
  readonly files: ReturnType<typeof watchedFiles>;
  readonly died: Promise<unknown>;
}

/** Whether a call is the last one; of a write it may say how many bytes still come through. */
type Step = (name: string, file: string, call: FileCall) => boolean | number;

function dying(folder: string, isLast: Step): Death {
  let dead = false;
  const death = new AbortController();
  const files = watchedFiles((call) => {
    if (dead) throw systemError('EIO');
    const file = call.path
      .slice(folder.length + 1)
      .replace(S, 'S')
      .replace(T, 'T');
    const last = isLast(call.name, file, call);
    if (last === false) return undefined;
    dead = true;
    death.abort();
    return last === true ? undefined : last;
  });
  return { folder, files, died: once(death.signal, 'abort') };
}

async function record(options: WriterOptions, frames = 2): Promise<void> {
  const writer = await openWriter(options);
  for (let n = 0; n < frames; n += 1)
    writer.frame(0, Buffer.from(`{"n":${n},"filler":"${'x'.repeat(400)}"}`), performance.now());
  await writer.close();
}

const sealed = (folder: string): Promise<void> => record({ folder, url, run: 'run', fsync: 'never' });

async function seal({ folder, files }: Death): Promise<void> {
  await record({ folder, files, url, run: 'run', fsync: 'never' });
}

/** More than one write, and two segments. */
async function recordTwo({ folder, files }: Death, fsync: 'always' | 'never'): Promise<void> {
  const writer = await openWriter({
    folder,
    files,
    url,
    run: 'run',
    fsync,
    rotate: { bytes: 1_500 },
  });
  writer.connection(0, 'open');
  for (let n = 0; n < 4; n += 1) {
    writer.frame(0, Buffer.from(`{"n":${n},"filler":"${'x'.repeat(400)}"}`), performance.now());
    while (writer.queuedBytes > 0 && writer.stats.state === 'recording') await setTimeout(1);
  }
  await writer.close();
}

const write = (death: Death): Promise<void> => recordTwo(death, 'always');
const rotate = (death: Death): Promise<void> => recordTwo(death, 'never');

/** The disk takes nothing but headers, until the space kept aside is given back. */
async function fill(death: Death): Promise<void> {
  const { folder } = death;
  let hasRoom = false;
  const full = watchedFiles(({ name, path, text }) => {
    if (name === 'unlink' && path === join(folder, 'reserve.bin')) hasRoom = true;
    const isHeader = text?.().startsWith('{"kind":"header"') ?? false;
    if (name === 'write' && /\.partial$|\.bin\.tmp$/u.test(path) && !isHeader && !hasRoom)
      throw systemError('ENOSPC');
    return undefined;
  }, death.files);
  const writer = await openWriter({ folder, files: full, url, run: 'run', reserveBytes: 4_096 });
  writer.connection(0, 'open');
  for (let n = 0; n < 2; n += 1) writer.frame(0, Buffer.from(`{"n":${n}}`), performance.now());
  while (writer.stats.state === 'recording') await setTimeout(1);
  await Promise.race([death.died, setTimeout(50)]);
  await writer.close();
}

async function compress({ folder, files, died }: Death): Promise<void> {
  await sealed(folder);
  const options = { folder, files, url, run: 'second', fsync: 'never', compress: 'zstd' } as const;
  const writer = await openWriter(options);
  await died;
  await writer.close();
}

/** Whoever dies does so within the writer's own start or end; what its methods then throw is part of it. */
async function retain({ folder, files }: Death): Promise<void> {
  await sealed(folder);
  for (const run of ['second', 'third']) await record({ folder, url, run, fsync: 'never' });
  await record({ folder, files, url, run: 'fourth', fsync: 'never', retention: { segments: 2 } });
}

async function move({ folder }: Death): Promise<void> {
  await sealed(folder);
  await record({ folder, url, run: 'second', fsync: 'never' });
  const to = `${folder}-archive`;
  mkdirSync(to);
  for (const file of [S, `${S}.sha256`]) copyFileSync(join(folder, file), join(to, file));
  const entry = { kind: 'moved', file: S, segment: S, to, at: '2026-11-30T06:00:00.000Z' };
  appendFileSync(join(folder, 'manifest.ndjson'), `${JSON.stringify(entry)}\n`);
}

async function shorten({ folder, files }: Death): Promise<void> {
  await sealed(folder);
  const path = join(folder, 'manifest.ndjson');
  const line = readFileSync(path, 'utf8');
  appendFileSync(path, line.repeat(1_100));
  await repairCapture(folder, { files });
}

/** A segment of a writer that is at work, and whose lock somebody has removed. */
async function takeOver({ folder, files }: Death): Promise<void> {
  const writer = await openWriter({ folder, url, run: 'run', fsync: 'never' });
  writer.frame(0, Buffer.from('{"n":0}'), performance.now());
  await writer.drained();
  const copy = join(`${folder}-copy`);
  renameSync(join(folder, `${S}.partial`), copy);
  await writer.close();
  for (const file of readdirSync(folder)) rmSync(join(folder, file));
  renameSync(copy, join(folder, `${S}.partial`));
  await repairCapture(folder, { files });
}

const lock = ({ folder, files }: Death): Promise<void> => {
  mkdirSync(folder, { mode: 0o700 });
  return repairCapture(folder, { files }).then(() => undefined);
};

const writes = (what: string, file: string, { name, text }: FileCall, of: string): boolean =>
  name === 'write' && file === of && text !== undefined && text().includes(`"kind":"${what}"`);
/** The fsync after a record was written. */
const synced = (what: string, of: string): Step => {
  let written = false;
  return (name, file, call) => {
    written ||= writes(what, file, call, of);
    return written && name === 'datasync' && file === of;
  };
};
const named =
  (to: string): Step =>
  (name, file) =>
    name === 'rename' && file === `${to}.tmp`;
const entered = (kind: string): Step => synced(kind, 'manifest.ndjson');
const removed =
  (what: string): Step =>
  (name, file) =>
    name === 'unlink' && file === what;
const never: Step = () => false;

/** After the folder's fsync that follows the name of S. */
function folderSynced(): Step {
  let isNamed = false;
  return (name, file) => {
    if (name === 'rename' && file === 'S.partial') isNamed = true;
    return isNamed && name === 'sync';
  };
}

/** The folder’s fsync after a segment was created. */
function nameSynced(of: string): Step {
  let isCreated = false;
  return (name, file) => {
    if (name === 'open' && file === of) isCreated = true;
    return isCreated && name === 'sync';
  };
}

const created =
  (of: string): Step =>
  (name, file) =>
    name === 'open' && file === of;
const written =
  (what: string, of: string, bytes: number | true = true): Step =>
  (_, file, call) =>
    writes(what, file, call, of) && bytes;

/** How each row of the page comes about: what is being done, and the last call of the one who dies. */
const scenes: Readonly<Record<string, readonly [(death: Death) => Promise<void>, () => Step]>> = {
  'Opening a segment: file created': [seal, () => created('S.partial')],
  'Opening a segment: header written': [seal, () => written('header', 'S.partial')],
  'Opening a segment: header durable': [seal, () => synced('header', 'S.partial')],
  'Opening a segment: folder durable': [seal, () => nameSynced('S.partial')],
  'Writing: blocks written': [write, () => written('frame', 'S.partial')],
  'Writing: half of a line written': [write, () => written('frame', 'S.partial', 300)],
  'Writing: checkpoint written': [write, () => written('checkpoint', 'S.partial')],
  'Writing: checkpoint durable': [write, () => synced('checkpoint', 'S.partial')],
  'Rotation: last segment durable': [rotate, () => synced('frame', 'S.partial')],
  'Rotation: next segment created': [rotate, () => created('T.partial')],
  'Rotation: its header written': [rotate, () => written('header', 'T.partial')],
  'Rotation: its name durable': [rotate, () => nameSynced('T.partial')],
  'Rotation: last segment’s `end` written': [rotate, () => written('end', 'S.partial')],
  'A full disk: room asked for again': [fill, () => created('reserve.bin.tmp')],
  'A full disk: space kept aside given back': [fill, () => removed('reserve.bin')],
  'A full disk: what was dropped written': [fill, () => written('gap', 'S.partial')],
  'Sealing: `end` written': [seal, () => (_, file, call) => writes('end', file, call, 'S.partial')],
  'Sealing: `end` durable': [seal, () => synced('end', 'S.partial')],
  'Sealing: sidecar named': [seal, () => named('S.sha256')],
  'Sealing: segment named': [seal, () => (name, file) => name === 'rename' && file === 'S.partial'],
  'Sealing: folder durable': [seal, folderSynced],
  'Sealing: manifest: `sealed`': [seal, () => entered('sealed')],
  'Compression: copy written': [compress, () => (name, file) => name === 'datasync' && file === 'S.zst.tmp'],
  'Compression: copy named': [compress, () => named('S.zst')],
  'Compression: copy’s sidecar named': [compress, () => named('S.zst.sha256')],
  'Compression: manifest: `compressed`': [compress, () => entered('compressed')],
  'Compression: sidecar removed': [compress, () => removed('S.sha256')],
  'Compression: segment removed': [compress, () => removed('S')],
  'Deletion by the retention policy: manifest: `deleted`': [retain, () => entered('deleted')],
  'Deletion by the retention policy: sidecar removed': [retain, () => removed('S.sha256')],
  'Deletion by the retention policy: segment removed': [retain, () => removed('S')],
  'Moving away: manifest: `moved`': [move, () => never],
  'Shortening the manifest: new manifest written': [
    shorten,
    () => (name, file) => name === 'datasync' && file === 'manifest.ndjson.tmp',
  ],
  'Shortening the manifest: new manifest named': [shorten, () => named('manifest.ndjson')],
  'Taking the folder over from a holder that may live: copy written': [
    takeOver,
    () => (name, file) => name === 'datasync' && file === 'S.partial.tmp',
  ],
  'Taking the folder over from a holder that may live: copy named': [takeOver, () => named('S.partial')],
  'The lock: draft written': [
    lock,
    () => (name, file) => name === 'datasync' && file.startsWith('writer.lock.'),
  ],
  'The lock: lock named': [lock, () => (name) => name === 'link'],
  'The lock: draft removed': [
    lock,
    () => (name, file) => name === 'unlink' && file.startsWith('writer.lock.'),
  ],
};

interface Row {
  readonly title: string;
  readonly left: readonly string[];
  readonly later: readonly string[];
}

const filesOf = (cell: string): string[] =>
  [...cell.matchAll(/`([^`]+)`/gu)].map(([, file]) => file ?? '').toSorted();

/** The tables of the page. */
function rowsOf(page: string): readonly Row[] {
  return page.split('\n## ').flatMap((section) => {
    const [heading = '', ...lines] = section.split('\n');
    return lines
      .filter((line) => line.startsWith('| ') && !/^\| (?:after|---)/u.test(line))
      .map((line) => {
        const [, after = '', left = '', later = ''] = line.split('|').map((cell) => cell.trim());
        return { title: `${heading}: ${after}`, left: filesOf(left), later: filesOf(later) };
      });
  });
}

/** What the page speaks of: the segment, the manifest while it is written anew, and the lock. */
function filesIn(folder: string, { title }: Row): string[] {
  const about = title.startsWith('The lock')
    ? 'writer.lock'
    : title.startsWith('Shortening')
      ? 'manifest'
      : 'S';
  return readdirSync(folder)
    .map((file) =>
      file
        .replace(S, 'S')
        .replace(T, 'T')
        .replace(/^writer\.lock\.[0-9a-f-]{36}$/u, 'writer.lock.ID'),
    )
    .filter((file) => file.startsWith(about) || (title.startsWith('Rotation') && file.startsWith('T')))
    .toSorted();
}

const rows = rowsOf(readFileSync(new URL('../../../../docs/crash-consistency.md', import.meta.url), 'utf8'));

test('every row of the page has its scene', () => {
  expect(Object.keys(scenes)).toEqual(rows.map(({ title }) => title));
});

test.for(rows)(
  'a crash after a step leaves, and the next start makes of it, what the page says. $title',
  async (row) => {
    const [act, isLast] = scenes[row.title] as (typeof scenes)[string];
    const folder = join(temporaryFolder(), 'capture');
    const step = isLast();
    const death = dying(folder, (name, file, call) => step(name, file, call));
    // What it does after its death fails; until then nothing does.
    await Promise.race([act(death).catch(() => undefined), death.died.then(() => setTimeout(2_000))]);
    expect(filesIn(folder, row)).toEqual(row.left);
    await repairCapture(folder, { environment: { processes } });
    expect(filesIn(folder, row)).toEqual(row.later);
    if (!existsSync(join(folder, 'manifest.ndjson'))) return;
    const { ok, findings } = await verifyCapture(folder);
    expect({ ok, findings: findings.filter(({ severity }) => severity === 'broken') }).toEqual({
      ok: true,
      findings: [],
    });
    // And once more makes no difference.
    expect(await repairCapture(folder)).toEqual({
      sealed: [],
      empty: [],
      entered: [],
      removed: [],
      lost: [],
      unsettled: [],
    });
  },
);
