// @module-tag slow
// @module-tag seeded

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  frames,
  inspectCapture,
  openCapture,
  openWriter,
  replay,
  verifyCapture,
} from '@feedtape/capture/node';
import type { VerifyReport } from '@feedtape/capture/node';
import { listNames } from '#node/folder/folder-listing';
import { expect, onTestFinished, test } from 'vitest';
import { startBusyRecording } from './busy-recording.ts';
import { temporaryFolder } from '../capture-files.ts';

const LOOKS = 15 * Number(process.env['FEEDTAPE_TIMES'] ?? 1);

/** What is wrong with a report of a good recording. */
function alarms({ ok, findings }: VerifyReport): readonly unknown[] {
  return ok ? findings.filter(({ severity }) => severity !== 'note') : findings;
}

test.for([
  ['verifying', (folder: string) => verifyCapture(folder).then(alarms)],
  ['inspecting', (folder: string) => inspectCapture(folder).then(() => [])],
  ['reading frames', (folder: string) => readFrames(folder)],
  ['reading records', (folder: string) => readRecords(folder)],
  ['replaying', (folder: string) => replayFrames(folder)],
] as const)(
  `${LOOKS} times %s a folder that rotates, compresses and deletes all the time raises no alarm`,
  { timeout: 600_000 },
  async ([, look]) => {
    const folder = temporaryFolder();
    const recording = await startBusyRecording(folder, { retention: { segments: 6 } });
    const found: unknown[] = [];
    try {
      for (let n = 0; n < LOOKS; n += 1) {
        found.push(...(await look(folder)));
        await setTimeout(n % 20);
      }
    } finally {
      await recording.stop();
    }
    expect(found.slice(0, 5)).toEqual([]);
    expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [] });
  },
);

test(
  `${LOOKS} times verifying and inspecting what another process records raises no alarm`,
  { timeout: 1_800_000 },
  async () => {
    const folder = temporaryFolder();
    const program = fileURLToPath(new URL('busy-recording-process.ts', import.meta.url));
    const child = spawn(process.execPath, ['--conditions=@feedtape/source', program, folder]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'close');
    await once(child.stdout, 'data');
    const found: unknown[] = [];
    for (let n = 0; n < LOOKS; n += 1) {
      const report = await verifyCapture(folder);
      found.push(...alarms(report));
      const { runs } = await inspectCapture(folder);
      if (runs.length !== 1) found.push(runs);
      await setTimeout(n % 50);
    }
    child.stdin.write('stop');
    expect(await ended).toEqual([0, null]);
    expect(found.slice(0, 5)).toEqual([]);
    expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [] });
  },
);

test(
  'where nothing is deleted, each reading has every frame from the first on',
  { timeout: 120_000 },
  async () => {
    const folder = temporaryFolder();
    const recording = await startBusyRecording(folder);
    try {
      for (let n = 0; n < LOOKS / 5; n += 1) {
        const next = new Map<number, number>();
        for await (const { connection, index } of frames(folder)) {
          if (index !== (next.get(connection) ?? 0))
            throw new Error(`connection ${connection}: frame ${index}`);
          next.set(connection, index + 1);
        }
        expect(next.size).toBeLessThanOrEqual(3);
        await setTimeout(n % 20);
      }
    } finally {
      await recording.stop();
    }
  },
);

test('a run that went as a whole while it was read is no finding, though nothing speaks of it', async () => {
  const folder = temporaryFolder();
  const options = { folder, url: 'wss://example.test' } as const;
  for (const run of ['old', 'other']) {
    const older = await openWriter({ ...options, run });
    older.frame(0, Buffer.from('{"n":0}'), 1);
    await older.close();
  }
  const writer = await openWriter({ ...options, run: 'young' });
  writer.frame(0, Buffer.from('{"n":0}'), 1);
  await writer.drained();
  let removed = false;
  const report = await verifyCapture(folder, {
    onProgress({ file }) {
      if (removed || !file.includes('young')) return;
      removed = true;
      for (const name of readdirSync(folder)) if (name.startsWith('old-')) unlinkSync(join(folder, name));
      const manifest = join(folder, 'manifest.ndjson');
      const rest = readFileSync(manifest, 'utf8')
        .split('\n')
        .filter((line) => !line.includes('"old-'));
      writeFileSync(manifest, rest.join('\n'));
    },
  });
  await writer.close();
  expect(removed).toBe(true);
  expect(report).toMatchObject({ ok: true, findings: [{ severity: 'note', promise: 'sealed' }] });
});

test('listed segments are read after a rename', async () => {
  const folder = temporaryFolder();
  const options = { folder, url: 'wss://example.test', run: 'run', compress: 'gzip' } as const;
  const writer = await openWriter(options);
  writer.frame(0, Buffer.from('{"n":0}'), 1);
  await writer.drained();
  const listed = await openCapture(folder).segments();
  expect(listed).toMatchObject([{ form: 'partial' }]);
  await writer.close();
  expect(readdirSync(folder)).toContain('run-000000.ndjson.gz');
  const opened: string[] = [];
  for await (const frame of frames(listed, { onSegment: ({ form }) => opened.push(form) })) {
    expect(frame.text()).toBe('{"n":0}');
  }
  expect(opened).toEqual(['gz']);
  unlinkSync(join(folder, 'run-000000.ndjson.gz'));
  for await (const frame of frames(listed)) expect(frame).toBe('none: as if it had gone before');
});

const name = (segment: number, form = ''): string => `run-00000${segment}.ndjson${form}`;

test('a listing that caught a segment between two names is made again', async () => {
  const listings = [
    [name(0), name(2), name(3, '.partial')],
    [name(0), name(1, '.zst'), name(2), name(3)],
  ];
  const names = await listNames('', async () => listings.shift() ?? []);
  expect(new Set(names)).toEqual(new Set([name(0), name(1, '.zst'), name(2), name(3), name(3, '.partial')]));
  // A hole that stays is one.
  let asked = 0;
  await listNames('', async () => {
    asked += 1;
    return [name(0), name(2)];
  });
  expect(asked).toBe(2);
});

test('a segment named by the path that it had is found, and inspect says which one is being written', async () => {
  const folder = temporaryFolder();
  const writer = await openWriter({ folder, url: 'wss://example.test', run: 'run' });
  writer.frame(0, Buffer.from('{"n":0}'), 1);
  await writer.drained();
  expect((await inspectCapture(folder)).runs[0]?.segments).toMatchObject([{ form: 'partial', live: true }]);
  const partial = join(folder, 'run-000000.ndjson.partial');
  expect(await verifyCapture(partial)).toMatchObject({ ok: true, findings: [{ severity: 'note' }] });
  await writer.close();
  expect(await verifyCapture(partial)).toMatchObject({ ok: true, findings: [] });
  expect((await inspectCapture(folder)).runs[0]?.segments).toMatchObject([{ form: 'plain', live: false }]);
  await expect(verifyCapture(join(folder, 'run-000001.ndjson.partial'))).rejects.toMatchObject({
    code: 'CAPTURE_NOT_FOUND',
  });
});

test('a file that is left of a segment that was announced to go is not damage', async () => {
  const folder = temporaryFolder();
  const writer = await openWriter({ folder, url: 'wss://example.test', run: 'run' });
  writer.frame(0, Buffer.from('{"n":0}'), 1);
  await writer.close();
  const file = 'run-000000.ndjson';
  unlinkSync(join(folder, `${file}.sha256`));
  const entry = { kind: 'deleted', file, segment: file, why: 'age', at: '2026-11-30T06:00:00.000Z' };
  appendFileSync(join(folder, 'manifest.ndjson'), `${JSON.stringify(entry)}\n`);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [] });
});

/** Each connection's frames have to follow each other, but for those that are said to be gone. */
async function readFrames(folder: string): Promise<readonly unknown[]> {
  const next = new Map<number, number>();
  const jumps: unknown[] = [];
  let gone = 0;
  for await (const { connection, index } of frames(folder, { onGone: () => (gone += 1) })) {
    const expected = next.get(connection) ?? index;
    if (index < expected || (index > expected && gone === 0)) jumps.push({ connection, index, expected });
    next.set(connection, index + 1);
  }
  return jumps;
}

async function readRecords(folder: string): Promise<readonly unknown[]> {
  let last = -1;
  const backwards: unknown[] = [];
  for await (const record of openCapture(folder, { onGone: () => undefined, strict: true })) {
    if (record.kind !== 'header') continue;
    if (record.segment <= last) backwards.push(record);
    last = record.segment;
  }
  return backwards;
}

async function replayFrames(folder: string): Promise<readonly unknown[]> {
  const capture = openCapture(folder, { onGone: () => undefined });
  for await (const batch of replay(capture, { speed: 'max' }).batches())
    if (batch.length === 0) return [batch];
  return [];
}
