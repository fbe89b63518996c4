// @module-tag slow

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isCaptureError } from '@feedtape/capture';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import type { WriterEvent, WriterResult } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { systemError, watchedFiles } from '../faulty-files.ts';
import type { FileCall } from '../faulty-files.ts';
import { ledgerFrame, ledgerPlace } from '../ledger.ts';
import { expectLedger, recordsIn, segmentsOf, total } from '../recorded-frames.ts';

const FRAMES = 12;
const SEED = 7;
const url = 'wss://example.test';

interface Outcome {
  /** The code that opening was refused with. */
  readonly refused?: string;
  readonly result?: WriterResult;
  readonly events: readonly WriterEvent[];
}

/** A run with rotations; `files` decides which call goes wrong. */
async function record(folder: string, intervene: (call: FileCall) => number | undefined): Promise<Outcome> {
  const events: WriterEvent[] = [];
  let writer;
  try {
    writer = await openWriter({
      folder,
      url,
      run: 'run',
      rotate: { bytes: 2_500 },
      fsync: 'always',
      reserveBytes: 4096,
      files: watchedFiles(intervene),
      onEvent: (event) => events.push(event),
    });
  } catch (error) {
    return { refused: isCaptureError(error) ? error.code : String(error), events };
  }
  for (let n = 0; n < FRAMES; n += 1) {
    const { connection, index } = ledgerPlace(n, 2);
    const { bytes, binary } = ledgerFrame(SEED, connection, index);
    writer.frame(connection, bytes, performance.now(), binary);
    await writer.drained();
    await setTimeout(0);
  }
  const result = await writer.close().catch((error: unknown) => {
    throw new Error(`close failed: ${String(error)}`);
  });
  return { result, events };
}

/** Every call of a run that goes well, as `write 3`. */
async function callsOfARun(): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await record(join(temporaryFolder(), 'capture'), ({ name }) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return undefined;
  });
  return counts;
}

/** What must hold after a run in which one call failed. */
async function expectNothingSilent(folder: string, { refused, result }: Outcome): Promise<void> {
  expect(['CAPTURE_IO', undefined]).toContain(refused);
  await repairCapture(folder);
  const { frames } = expectLedger(folder, 'run', SEED);
  const recorded = total(frames);
  expect(recorded + (result?.dropped ?? 0)).toBe(result === undefined ? 0 : FRAMES);
  const { ok, findings } = readdirSync(folder).some((file) => file.startsWith('run-'))
    ? await verifyCapture(folder)
    : { ok: true, findings: [] };
  expect({ ok, findings }).toMatchObject({ ok: true });
}

/** Lets one call of a run fail. */
async function failAt({ name, number }: { name: string; number: number }, code: string): Promise<void> {
  const folder = join(temporaryFolder(), 'capture');
  let seen = 0;
  const outcome = await record(folder, (call) => {
    if (call.name === name && ++seen === number) throw systemError(code);
    return undefined;
  });
  await expectNothingSilent(folder, outcome).catch((error: unknown) => {
    throw new Error(`${code} at ${name} ${number}: ${String(error)}`, { cause: error });
  });
}

/** They differ only in whether waiting helps; the others are for the night. */
const CODES = ['ENOSPC', 'EIO'];
if (process.env['FEEDTAPE_NIGHTLY'] === '1') CODES.push('EDQUOT', 'EMFILE', 'EROFS', 'EACCES');

test.for(CODES)(
  'one %s, at any call, loses nothing in silence and leaves no segment broken',
  { timeout: 240_000 },
  async (code) => {
    const counts = await callsOfARun();
    expect([...counts.keys()].toSorted()).toEqual(
      ['chmod', 'datasync', 'link', 'open', 'rename', 'sync', 'unlink', 'write'].toSorted(),
    );
    const points = [...counts].flatMap(([name, calls]) =>
      Array.from({ length: calls }, (_, n) => ({ name, number: n + 1 })),
    );
    // Several at a time: each waits for its disk most of the time.
    const lane = async (): Promise<void> => {
      for (let point = points.shift(); point !== undefined; point = points.shift()) await failAt(point, code);
    };
    await Promise.all([lane(), lane(), lane(), lane()]);
  },
);

test('a failed fsync is never tried again on the same file: the segment ends, and the next one goes on', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const syncs = new Map<string, string[]>();
  let failed: string | undefined;
  const outcome = await record(folder, ({ name, path }) => {
    if (name !== 'datasync' || !path.endsWith('.partial')) return undefined;
    const said = syncs.get(path) ?? [];
    syncs.set(path, said);
    // The first is that of the header.
    const fails = failed === undefined && said.length === 1;
    said.push(fails ? 'failed' : 'done');
    if (!fails) return undefined;
    failed = path;
    throw systemError('EIO');
  });
  expect(syncs.get(failed ?? '')).toEqual(['done', 'failed']);
  expect(outcome.events.map(({ kind }) => kind)).toContain('io-error');
  expect(recordsIn(join(folder, 'run-000000.ndjson')).at(-1)).toMatchObject({ kind: 'end', why: 'fsync' });
  await expectNothingSilent(folder, outcome);
});

test('a second failure within a minute ends the recording, and what is not written is counted', async () => {
  const folder = join(temporaryFolder(), 'capture');
  let fails = false;
  const { result, events } = await record(folder, ({ name, path }) => {
    if (name === 'datasync' && path.includes('run-00000') && path.endsWith('.partial')) {
      if (fails) throw systemError('EIO');
      fails = true;
    }
    return undefined;
  });
  expect(events.map(({ kind }) => kind)).toContain('failed');
  const { frames } = expectLedger(folder, 'run', SEED);
  expect(result?.frames).toBeGreaterThanOrEqual(total(frames));
  expect((result?.frames ?? 0) + (result?.dropped ?? 0)).toBe(FRAMES);
});

test('short writes, one byte at a time, make no difference', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const outcome = await record(folder, ({ name, bytes = 0 }) =>
    name === 'write' ? Math.min(bytes, 1) : undefined,
  );
  expect(segmentsOf(folder, 'run').length).toBeGreaterThan(1);
  await expectNothingSilent(folder, outcome);
});

test('short writes of several blocks at once make no difference, wherever they end', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const sizes: number[] = [];
  let share = 0;
  const files = watchedFiles(({ name, bytes = 0 }) => {
    if (name !== 'write') return undefined;
    sizes.push(bytes);
    // All shares alike, in no order: the golden ratio's multiples.
    share = (share + 0.618_034) % 1;
    return Math.ceil(bytes * share);
  });
  const writer = await openWriter({ folder, url, run: 'run', files });
  // All of it in one turn of the event loop, and more than a block holds: it waits for the same write.
  const count = 4_000;
  for (let n = 0; n < count; n += 1) {
    const { connection, index } = ledgerPlace(n, 2);
    const { bytes, binary } = ledgerFrame(SEED, connection, index);
    writer.frame(connection, bytes, performance.now(), binary);
  }
  await writer.close();
  expect(Math.max(...sizes)).toBeGreaterThan(3 * 256 * 1024);
  expect(total(expectLedger(folder, 'run', SEED).frames)).toBe(count);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true });
});

test('a recording that fails counts what had not joined the queue yet', async () => {
  const folder = join(temporaryFolder(), 'capture');
  let fails = false;
  const writer = await openWriter({
    folder,
    url,
    reserveBytes: 0,
    files: watchedFiles(({ name, path }) => {
      // The next segment can't be opened either: the recording ends at once, while frames come.
      if (fails && ['open', 'write'].includes(name) && path.endsWith('.partial')) throw systemError('EIO');
      return undefined;
    }),
  });
  fails = true;
  let offered = 0;
  while (writer.stats.state !== 'failed') {
    writer.frame(0, Buffer.from(`{"n":${offered}}`), performance.now());
    offered += 1;
    await setTimeout(1);
  }
  await setTimeout(20);
  expect(writer.stats).toMatchObject({ frames: 0, dropped: offered });
  const { frames, dropped } = await writer.close();
  expect({ frames, dropped, queued: writer.queuedBytes }).toEqual({ frames: 0, dropped: offered, queued: 0 });
});
