// @module-tag slow
// @module-tag seeded

import { appendFileSync, renameSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { encodeRecord } from '@feedtape/capture';
import type { CaptureRecord } from '@feedtape/capture';
import { frames, openCapture } from '@feedtape/capture/node';
import type { GoneSegments, ReadOptions } from '@feedtape/capture/node';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readLineBlocks } from '#node/read/line-blocks';
import { createFollower, startBusyRecording } from './busy-recording.ts';
import { frameLine, headerLine, sealedText, temporaryFolder } from '../capture-files.ts';

const RUN = '20261122T055412Z-00000001';
const LATER_RUN = '20261122T060000Z-00000002';

const name = (segment: number, run = RUN): string => `${run}-${String(segment).padStart(6, '0')}.ndjson`;
/** Some hundred segments come and go meanwhile. */
const FRAMES = 2_000 * Number(process.env['FEEDTAPE_TIMES'] ?? 1);

const lines = (...records: CaptureRecord[]): Buffer => Buffer.concat(records.map((r) => encodeRecord(r)));
const frame = (index: number): CaptureRecord => frameLine({ index, ms: index });
const header = (segment: number, run = RUN): CaptureRecord => headerLine({ run, segment, mono: 0 });

/** The indices that a follower has been given so far. */
function follow(folder: string, options: ReadOptions = {}) {
  const stop = new AbortController();
  const read: number[] = [];
  const reading = (async () => {
    for await (const { index } of frames(folder, {
      pollMs: 20,
      ...options,
      follow: true,
      signal: stop.signal,
    })) {
      read.push(index);
    }
  })();
  const ended = reading.then(
    () => 'ended',
    (error: Error) => error,
  );
  onTestFinished(() => stop.abort());
  return {
    read,
    ended,
    stop: () => stop.abort(),
    /** Resolves to what has been read, as soon as it is so much. */
    first: async (count: number): Promise<readonly number[]> => {
      await vi.waitUntil(() => read.length >= count, { timeout: 10_000 });
      return [...read];
    },
  };
}

test(
  'a follower is given every frame once, in order, through rotation, sealing, compression and deletion',
  { timeout: 900_000 },
  async () => {
    const folder = temporaryFolder();
    const gone: GoneSegments[] = [];
    const recording = await startBusyRecording(folder, { retention: { segments: 8 } });
    const stop = new AbortController();
    const follower = createFollower();
    const reading = (async () => {
      const all = frames(folder, { follow: true, signal: stop.signal, onGone: (each) => gone.push(each) });
      for await (const each of all) follower.take(each);
    })();
    const ended = reading.catch((error: Error) => error.name);
    await vi.waitUntil(() => recording.offered > FRAMES, { timeout: 600_000 });
    await recording.stop();
    await vi.waitUntil(() => follower.count === recording.offered, { timeout: 300_000 });
    stop.abort();
    expect(await ended).toBe('AbortError');
    expect(gone).toEqual([]);
  },
);

test('what is there comes first, then each line as it is written, and never half a line', async () => {
  const folder = temporaryFolder();
  const path = join(folder, `${name(0)}.partial`);
  writeFileSync(path, lines(header(0), frame(0)));
  const following = follow(folder);
  expect(await following.first(1)).toEqual([0]);
  const line = lines(frame(1));
  appendFileSync(path, line.subarray(0, 40));
  await setTimeout(100);
  expect(following.read).toEqual([0]);
  appendFileSync(path, line.subarray(40));
  expect(await following.first(2)).toEqual([0, 1]);
  following.stop();
  expect(await following.ended).toMatchObject({ name: 'AbortError' });
});

test('from now leaves out what was written before, also of the segment that is being written', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name(0)), sealedText([header(0), frame(0)], 'rotate').bytes);
  const path = join(folder, `${name(1)}.partial`);
  writeFileSync(path, Buffer.concat([lines(header(1), frame(1), frame(2)), lines(frame(3)).subarray(0, 50)]));
  const following = follow(folder, { from: 'now' });
  await setTimeout(100);
  appendFileSync(path, lines(frame(3)).subarray(50));
  expect(await following.first(1)).toEqual([3]);
  writeFileSync(join(folder, `${name(2)}.partial`), lines(header(2), frame(4)));
  expect(await following.first(2)).toEqual([3, 4]);
});

test('from a time starts there and goes on', async () => {
  const folder = temporaryFolder();
  const path = join(folder, `${name(0)}.partial`);
  writeFileSync(path, lines(header(0), frame(0), frame(1), frame(2)));
  const following = follow(folder, { from: '2026-11-22T05:54:12.001Z' });
  expect(await following.first(2)).toEqual([1, 2]);
  appendFileSync(path, lines(frame(3)));
  expect(await following.first(3)).toEqual([1, 2, 3]);
});

test('up to a time it ends by itself', async () => {
  const folder = temporaryFolder();
  const path = join(folder, `${name(0)}.partial`);
  writeFileSync(path, lines(header(0), frame(0), frame(1)));
  const following = follow(folder, { to: '2026-11-22T05:54:12.002Z' });
  expect(await following.first(2)).toEqual([0, 1]);
  appendFileSync(path, lines(frame(2)));
  expect(await following.ended).toBe('ended');
});

test('a folder without a segment is waited at, and later runs are followed', async () => {
  const folder = temporaryFolder();
  const following = follow(folder);
  await setTimeout(60);
  const path = join(folder, `${name(0)}.partial`);
  writeFileSync(path, lines(header(0), frame(0)));
  expect(await following.first(1)).toEqual([0]);
  // Sealed with one more frame than was there when it was last looked at.
  writeFileSync(path, sealedText([header(0), frame(0), frame(1)]).bytes);
  renameSync(path, join(folder, name(0)));
  expect(await following.first(2)).toEqual([0, 1]);
  writeFileSync(join(folder, `${name(0, LATER_RUN)}.partial`), lines(header(0, LATER_RUN), frame(7)));
  expect(await following.first(3)).toEqual([0, 1, 7]);
});

/** Deletes what comes after the first segment before a follower gets to it. */
async function followIntoAHole(onGone?: (gone: GoneSegments) => void) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, `${name(0)}.partial`), lines(header(0), frame(0)));
  const following = follow(folder, onGone && { onGone });
  await following.first(1);
  writeFileSync(join(folder, name(3)), sealedText([header(3), frame(9)], 'rotate').bytes);
  unlinkSync(join(folder, `${name(0)}.partial`));
  return { folder, following };
}

test('segments that were deleted before they were read are reported, and reading goes on', async () => {
  const gone: GoneSegments[] = [];
  const { folder, following } = await followIntoAHole((each) => gone.push(each));
  expect(await following.first(2)).toEqual([0, 9]);
  expect(gone).toEqual([{ folder, run: RUN, from: 1, to: 2 }]);
});

test('segments deleted before they were read are an error without onGone', async () => {
  const { following } = await followIntoAHole();
  expect(await following.ended).toMatchObject({ code: 'CAPTURE_GONE', details: { from: 1, to: 2 } });
});

test('a run that was missed from its start is reported too', async () => {
  const folder = temporaryFolder();
  const gone: GoneSegments[] = [];
  writeFileSync(join(folder, name(0)), sealedText([header(0), frame(0)]).bytes);
  const following = follow(folder, { onGone: (each) => gone.push(each) });
  expect(await following.first(1)).toEqual([0]);
  writeFileSync(join(folder, `${name(2, LATER_RUN)}.partial`), lines(header(2, LATER_RUN), frame(5)));
  expect(await following.first(2)).toEqual([0, 5]);
  expect(gone).toEqual([{ folder, run: LATER_RUN, from: 0, to: 1 }]);
});

test('leaving the loop ends it while it waits', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, `${name(0)}.partial`), lines(header(0), frame(0)));
  const iterator = frames(folder, { follow: true, pollMs: 60_000 })[Symbol.asyncIterator]();
  expect((await iterator.next()).done).toBe(false);
  const waiting = iterator.next();
  await setTimeout(50);
  await iterator.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('while nothing is written hardly anything is done', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, `${name(0)}.partial`), lines(header(0), frame(0)));
  const following = follow(folder, { pollMs: 100 });
  expect(await following.first(1)).toEqual([0]);
  const before = process.cpuUsage();
  await setTimeout(1_000);
  const { user, system } = process.cpuUsage(before);
  expect(user + system).toBeLessThan(200_000);
});

test('every other record is followed too', async () => {
  const folder = temporaryFolder();
  const path = join(folder, `${name(0)}.partial`);
  writeFileSync(path, lines(header(0), frame(0)));
  const kinds: string[] = [];
  for await (const { kind } of openCapture(folder, { follow: true, pollMs: 10 })) {
    kinds.push(kind);
    if (kinds.length === 2) appendFileSync(path, lines({ ...gapOf(1) }));
    if (kinds.length === 3) break;
  }
  expect(kinds).toEqual(['header', 'frame', 'gap']);
});

const gapOf = (ms: number): CaptureRecord => ({
  kind: 'gap',
  connection: 0,
  at: '2026-11-22T05:54:12.001000000Z',
  mono: ms * 1e6,
  why: 'disconnect',
  count: null,
});

test('only one folder can be followed', async () => {
  const folder = temporaryFolder();
  expect(() => frames([folder, folder], { follow: true })).toThrow(/follow/u);
  expect(() => frames(folder, { from: 'now' })).toThrow(/from/u);
  await expect(follow(join(folder, 'none')).ended).resolves.toMatchObject({ code: 'CAPTURE_NOT_FOUND' });
  writeFileSync(join(folder, 'file'), '');
  await expect(follow(join(folder, 'file')).ended).resolves.toMatchObject({ code: 'CAPTURE_OPTION' });
});

test('lines written while a segment is checked for completeness are read before moving on', async () => {
  const path = join(temporaryFolder(), `${name(0)}.partial`);
  writeFileSync(path, 'one\n');
  const untilGrown = async (): Promise<boolean> => {
    appendFileSync(path, 'two\n');
    return true;
  };
  const blocks: string[] = [];
  const file = { path, form: 'partial', run: RUN, segment: 0 } as const;
  for await (const { bytes } of readLineBlocks(file, { untilGrown })) blocks.push(bytes.toString());
  expect(blocks).toEqual(['one\n', 'two\n']);
});

test.for([10, 300_000])(
  'a line of which a reader has seen %i bytes when its writer takes it back is not mixed with the next',
  async (seen) => {
    const path = join(temporaryFolder(), `${name(0)}.partial`);
    writeFileSync(path, 'x'.repeat(seen));
    const file = { path, form: 'partial', run: RUN, segment: 0 } as const;
    const blocks = readLineBlocks(file, { untilGrown: () => Promise.resolve(true) });
    // The first read has been made when this returns.
    const first = blocks.next();
    truncateSync(path, 0);
    appendFileSync(path, `${'y'.repeat(seen * 2)}\n`);
    const { value } = await first;
    expect(value?.bytes.length).toBe(seen * 2 + 1);
    expect(value?.bytes.includes('x')).toBe(false);
    await blocks.return();
  },
);

test.for([0, 300_000])(
  'a line that a writer takes back and what it writes instead are not mixed (%i bytes of it)',
  async (extra) => {
    const folder = temporaryFolder();
    const path = join(folder, `${name(0)}.partial`);
    const whole = lines(header(0), frame(0));
    const large = lines(frameLine({ index: 1, ms: 1, text: `{"filler":"${'x'.repeat(extra + 200)}"}` }));
    writeFileSync(path, Buffer.concat([whole, large.subarray(0, extra + 150)]));
    const iterator = frames(folder, { follow: true, pollMs: 10 })[Symbol.asyncIterator]();
    expect((await iterator.next()).value?.index).toBe(0);
    const next = iterator.next();
    await setTimeout(100);
    truncateSync(path, whole.length);
    appendFileSync(path, lines(frame(7), frame(8)));
    expect((await next).value?.index).toBe(7);
    truncateSync(path, whole.length + lines(frame(7), frame(8)).length);
    appendFileSync(path, lines(frame(9)));
    expect((await iterator.next()).value?.index).toBe(8);
    expect((await iterator.next()).value?.index).toBe(9);
    await iterator.return?.();
  },
);

test('a line that is taken back while the reader is at the one before is not kept', async () => {
  const folder = temporaryFolder();
  const path = join(folder, `${name(0)}.partial`);
  const whole = lines(header(0), frame(0));
  writeFileSync(path, Buffer.concat([whole, lines(frame(1)).subarray(0, 60)]));
  const read: number[] = [];
  for await (const { index } of frames(folder, { follow: true, pollMs: 10 })) {
    read.push(index);
    if (index === 8) break;
    truncateSync(path, whole.length);
    appendFileSync(path, lines(frame(7), frame(8)));
  }
  expect(read).toEqual([0, 7, 8]);
});

test('an end that a writer takes back for another one ends the segment, too', async () => {
  const folder = temporaryFolder();
  const path = join(folder, `${name(0)}.partial`);
  const records = [header(0), frame(0)];
  const body = lines(...records);
  writeFileSync(path, sealedText(records, 'io').bytes);
  const following = follow(folder);
  expect(await following.first(1)).toEqual([0]);
  truncateSync(path, body.length);
  appendFileSync(path, sealedText(records, 'fsync').bytes.subarray(body.length));
  await setTimeout(100);
  renameSync(path, join(folder, name(0)));
  writeFileSync(join(folder, `${name(1)}.partial`), lines(header(1), frame(1)));
  expect(await following.first(2)).toEqual([0, 1]);
});
