import { appendFileSync, chmodSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { encodeRecord } from '@feedtape/capture';
import type { CaptureRecord } from '@feedtape/capture';
import { editCapture, frames, inspectCapture, openCapture } from '@feedtape/capture/node';
import type { CapturedFrame, CaptureSource, ReadOptions } from '@feedtape/capture/node';
import { expect, test } from 'vitest';
import {
  CHECKPOINT,
  frameLine,
  headerLine,
  instantAt,
  sealedText,
  temporaryFolder,
  writeSealed,
} from '../capture-files.ts';
import type { FrameInput } from '../capture-files.ts';

const inputs = (count: number, from = 0, connection = 0): FrameInput[] =>
  Array.from({ length: count }, (_, n) => ({ connection, index: from + n, ms: (from + n) * 10 }));

async function indices(source: CaptureSource, options: ReadOptions = {}): Promise<number[]> {
  const read: number[] = [];
  for await (const frame of frames(source, options)) read.push(frame.index);
  return read;
}

const codeOf = (source: string, options: ReadOptions = {}): Promise<unknown> =>
  indices(source, options).then(
    () => 'no error',
    (error: unknown) => (error as { code?: unknown }).code,
  );

const classify = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString()) as { channel: string };

/** Three segments of ten frames, 10 ms apart. */
function writeRun(folder: string, run = '20261122T055412Z-00000001'): string[] {
  let previous: string | null = null;
  return [0, 1, 2].map((segment) => {
    const zero = segment * 100;
    const records: CaptureRecord[] = [
      headerLine({ run, segment, previous, at: instantAt(zero), mono: zero * 1e6 }),
      ...inputs(10, segment * 10).map((input) => {
        const frame = frameLine(input);
        return frame.kind === 'frame' ? { ...frame, mono: frame.mono - zero * 1e6 } : frame;
      }),
    ];
    const text = sealedText(records, segment === 2 ? 'close' : 'rotate');
    previous = text.endSha256;
    return writeSealed(folder, `${run}-00000${segment}.ndjson`, text);
  });
}

test('frames come back in order with their bytes and times', async () => {
  const folder = temporaryFolder();
  const [path = ''] = writeRun(folder);
  const read: CapturedFrame[] = [];
  for await (const frame of frames(path)) read.push(frame);
  expect(read.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(read[3]).toMatchObject({
    run: '20261122T055412Z-00000001',
    connection: 0,
    index: 3,
    at: instantAt(30),
    mono: 30e6,
    binary: false,
  });
  expect(read[3]?.text()).toBe('{"channel":"heartbeats","sequence_num":3}');
  expect(read[3]?.json()).toEqual({ channel: 'heartbeats', sequence_num: 3 });
});

test('a folder is read across its segments, and mono goes on through them', async () => {
  const folder = temporaryFolder();
  writeRun(folder);
  const monos: number[] = [];
  for await (const frame of frames(folder)) monos.push(frame.mono / 1e6);
  expect(monos).toEqual(inputs(30).map(({ ms }) => ms));
});

test('files named in the wrong order, by a pattern or by a file URL are read in the right one', async () => {
  const folder = temporaryFolder();
  const paths = writeRun(folder);
  const expected = inputs(30).map(({ index }) => index);
  expect(await indices(join(folder, '*.ndjson'))).toEqual(expected);
  const read: number[] = [];
  for await (const frame of frames(paths.toReversed())) read.push(frame.index);
  expect(read).toEqual(expected);
  expect(await indices(pathToFileURL(paths[0] ?? ''))).toEqual(expected.slice(0, 10));
});

test('compressed segments read like plain ones, and a copy beside the plain one is not read twice', async () => {
  const folder = temporaryFolder();
  const [first = '', second = ''] = writeRun(folder);
  writeFileSync(`${first}.zst`, zstdCompressSync(readFileSync(first)));
  writeFileSync(`${second}.gz`, gzipSync(readFileSync(second)));
  unlinkSync(second);
  expect(await indices(folder)).toEqual(inputs(30).map(({ index }) => index));
  expect((await openCapture(folder).segments()).map(({ form }) => form)).toEqual(['plain', 'gz', 'plain']);
  unlinkSync(first);
  expect(await indices(folder)).toEqual(inputs(30).map(({ index }) => index));
});

test('a file of several compressed texts is read to its end, and what follows them is damage', async () => {
  const folder = temporaryFolder();
  const [first = '', second = ''] = writeRun(folder).map((path) => readFileSync(path));
  for (const [ending, compress] of [
    ['zst', zstdCompressSync],
    ['gz', gzipSync],
  ] as const) {
    const path = join(folder, `both.ndjson.${ending}`);
    writeFileSync(path, Buffer.concat([compress(first), compress(second)]));
    expect(await indices(path)).toHaveLength(20);
    appendFileSync(path, 'garbage');
    expect(await codeOf(path)).toBe('CAPTURE_CORRUPT');
  }
});

test('a lone file needs neither header nor end, nor a newline at its end', async () => {
  const path = join(temporaryFolder(), 'cut.ndjson');
  const lines = inputs(3, 7).map((input) => Buffer.from(encodeRecord(frameLine(input))));
  writeFileSync(path, Buffer.concat(lines).subarray(0, -1));
  expect(await indices(path)).toEqual([7, 8, 9]);
});

test('a file being written is read up to its last whole line', async () => {
  const path = join(temporaryFolder(), '20261122T055412Z-00000001-000000.ndjson.partial');
  const lines = [headerLine(), ...inputs(3).map(frameLine)].map((record) =>
    Buffer.from(encodeRecord(record)),
  );
  writeFileSync(path, Buffer.concat(lines).subarray(0, -20));
  expect(await indices(path)).toEqual([0, 1]);
});

test('strict reading finds a line that lost its newline; other reading takes it for one frame', async () => {
  const path = join(temporaryFolder(), 'merged.ndjson');
  const text = Buffer.concat(
    [headerLine(), ...inputs(4).map((input) => frameLine(input))].map(encodeRecord),
  ).toString();
  const second = text.indexOf('\n{"kind":"frame","connection":0,"index":2');
  writeFileSync(path, `${text.slice(0, second)} ${text.slice(second + 1)}`);
  expect(await indices(path)).toEqual([0, 1, 3]);
  const merged = { code: 'CAPTURE_CORRUPT', details: { line: 3, reason: 'raw is not a whole payload' } };
  const delivered: number[] = [];
  const readFrames = async (): Promise<void> => {
    for await (const { index } of frames(path, { strict: true })) delivered.push(index);
  };
  await expect(readFrames()).rejects.toMatchObject(merged);
  expect(delivered).toEqual([0]);
  const readRecords = async (): Promise<void> => {
    for await (const record of openCapture(path, { strict: true }))
      expect(record.kind).toMatch(/frame|header/u);
  };
  await expect(readRecords()).rejects.toMatchObject(merged);
  await expect(inspectCapture(path)).rejects.toMatchObject(merged);
  await expect(editCapture(path, join(temporaryFolder(), 'edited.ndjson'))).rejects.toMatchObject(merged);
});

test('records before a broken line are delivered, then the error names the line', async () => {
  const path = join(temporaryFolder(), 'broken.ndjson');
  const lines = [headerLine(), ...inputs(2).map(frameLine)].map((record) =>
    Buffer.from(encodeRecord(record)),
  );
  const before = Buffer.concat(lines);
  writeFileSync(path, Buffer.concat([before, Buffer.from('garbage\n'), before]));
  const read: number[] = [];
  const reading = (async () => {
    for await (const frame of frames(path)) read.push(frame.index);
  })();
  await expect(reading).rejects.toMatchObject({
    code: 'CAPTURE_CORRUPT',
    details: { file: path, line: 4, offset: before.length },
  });
  expect(read).toEqual([0, 1]);
});

test('a line cut off at the end of a file that is not being written is an error', async () => {
  const path = join(temporaryFolder(), 'cut.ndjson');
  writeFileSync(path, Buffer.from(encodeRecord(headerLine())).subarray(0, -9));
  expect(await codeOf(path)).toBe('CAPTURE_FOREIGN');
  writeFileSync(
    path,
    Buffer.concat([headerLine(), frameLine({ index: 0, ms: 0 })].map(encodeRecord)).subarray(0, -9),
  );
  expect(await codeOf(path)).toBe('CAPTURE_CORRUPT');
});

test('wrong input is told apart', async () => {
  const folder = temporaryFolder();
  expect(await codeOf(join(folder, 'none.ndjson'))).toBe('CAPTURE_NOT_FOUND');
  expect(await codeOf(join(folder, '*.ndjson'))).toBe('CAPTURE_NOT_FOUND');
  expect(await codeOf(folder)).toBe('CAPTURE_EMPTY');
  writeFileSync(join(folder, 'manifest.ndjson'), '');
  expect(await codeOf(folder)).toBe('CAPTURE_EMPTY');
  writeFileSync(join(folder, 'raw.ndjson'), '{"channel":"heartbeats"}\n');
  expect(await codeOf(join(folder, 'raw.ndjson'))).toBe('CAPTURE_FOREIGN');
  writeFileSync(join(folder, 'new.ndjson'), '{"kind":"header","version":2}\n');
  expect(await codeOf(join(folder, 'new.ndjson'))).toBe('CAPTURE_VERSION');
  writeFileSync(join(folder, 'bad.ndjson.zst'), 'not zstd');
  expect(await codeOf(join(folder, 'bad.ndjson.zst'))).toBe('CAPTURE_CORRUPT');
  writeFileSync(join(folder, 'bad.ndjson.gz'), 'not gzip');
  expect(await codeOf(join(folder, 'bad.ndjson.gz'))).toBe('CAPTURE_CORRUPT');
  expect(await codeOf(join(folder, 'raw.ndjson', 'below'))).toBe('CAPTURE_IO');
  mkdirSync(join(folder, 'deeper'));
  expect(await codeOf(join(folder, 'deeper'))).toBe('CAPTURE_EMPTY');
});

test.skipIf(process.getuid?.() === 0)(
  'a file that may not be read is named (skipped: root may read everything)',
  async () => {
    const [path = ''] = writeRun(temporaryFolder());
    chmodSync(path, 0o000);
    expect(await codeOf(path)).toBe('CAPTURE_IO');
  },
);

test('an option that makes no sense is refused before anything is opened', () => {
  expect(() => frames('nowhere', { from: 'yesterday' })).toThrow(
    expect.objectContaining({ code: 'CAPTURE_OPTION' }),
  );
  expect(() => frames('nowhere', { channel: 'l2_data' })).toThrow(
    expect.objectContaining({ code: 'CAPTURE_OPTION' }),
  );
});

test('filters: connection, time, channel, product and a question of one’s own', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'mixed.ndjson');
  const records = [0, 1].flatMap((connection) => inputs(5, 0, connection).map(frameLine));
  writeFileSync(
    path,
    sealedText([
      headerLine(),
      ...records.toSorted((a, b) => ('mono' in a && 'mono' in b ? (a.mono ?? 0) - (b.mono ?? 0) : 0)),
    ]).bytes,
  );
  expect(await indices(path, { connection: 1 })).toEqual([0, 1, 2, 3, 4]);
  expect(await indices(path, { connection: [0, 1], from: instantAt(10), to: instantAt(30) })).toEqual([
    1, 1, 2, 2,
  ]);
  expect(await indices(path, { from: '2026-11-22T05:54:12.04Z', connection: 0 })).toEqual([4]);
  expect(await indices(path, { channel: 'heartbeats', classify, connection: 0 })).toEqual([0, 1, 2, 3, 4]);
  expect(await indices(path, { channel: ['l2_data'], classify })).toEqual([]);
  expect(await indices(path, { product: 'BTC-USD', classify })).toEqual([]);
  expect(await indices(path, { where: ({ index }) => index === 2 })).toEqual([2, 2]);
});

test('with `from` the segments and lines before it are not read', async () => {
  const folder = temporaryFolder();
  const [first = ''] = writeRun(folder);
  expect(await indices(folder, { from: instantAt(155), to: instantAt(215) })).toEqual([
    16, 17, 18, 19, 20, 21,
  ]);
  // The first segment's lines are garbage now, which only reading them would notice.
  const [header = ''] = readFileSync(first, 'utf8').split('\n');
  writeFileSync(first, `${header}\ngarbage\n`);
  expect(await indices(folder, { from: instantAt(155) })).toHaveLength(14);
  expect(await codeOf(folder)).toBe('CAPTURE_CORRUPT');
});

test('bisection within a large segment finds the same frames as reading all of it', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'large.ndjson');
  const many = inputs(20_000).map((input) =>
    frameLine({ ...input, text: `{"pad":"${'x'.repeat(input.index % 300)}"}` }),
  );
  writeFileSync(path, sealedText([headerLine(), ...many]).bytes);
  for (const ms of [0, 1, 99_995, 100_000, 199_990, 199_991]) {
    const from = instantAt(ms);
    const expected: number[] = [];
    for await (const { at, index } of frames(path)) if (at >= from) expected.push(index);
    expect(await indices(path, { from })).toEqual(expected);
  }
});

test('records come with everything that is not a frame, and unknown kinds are skipped', async () => {
  const path = join(temporaryFolder(), 'records.ndjson');
  const at = { at: instantAt(1), mono: 1e6 };
  const open: CaptureRecord = { kind: 'connection', connection: 0, event: 'open', ...at };
  const { bytes } = sealedText([headerLine(), open, CHECKPOINT, frameLine({ index: 0, ms: 2 })]);
  writeFileSync(path, Buffer.concat([Buffer.from('{"kind":"later","x":1}\n'), bytes]));
  const kinds: string[] = [];
  for await (const record of openCapture(path)) kinds.push(record.kind);
  expect(kinds).toEqual(['header', 'connection', 'checkpoint', 'frame', 'end']);
  kinds.length = 0;
  for await (const record of openCapture(path, { connection: 7 })) kinds.push(record.kind);
  expect(kinds).toEqual(['header', 'checkpoint', 'end']);
});

test('a reading can be aborted, and ended early', async () => {
  const path = join(temporaryFolder(), 'long.ndjson');
  writeFileSync(path, sealedText([headerLine(), ...inputs(20_000).map(frameLine)]).bytes);
  const stop = new AbortController();
  const reading = (async () => {
    for await (const frame of frames(path, { signal: stop.signal })) if (frame.index === 5) stop.abort();
  })();
  await expect(reading).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  for await (const frame of frames(path)) {
    expect(frame.index).toBe(0);
    break;
  }
});

test('callers that do not wait for each other get every frame once, in order', async () => {
  const folder = temporaryFolder();
  writeRun(folder);
  const iterator = frames(folder)[Symbol.asyncIterator]();
  const results = await Promise.all(Array.from({ length: 32 }, () => iterator.next()));
  expect(results.map(({ value }) => (value as CapturedFrame | undefined)?.index)).toEqual([
    ...inputs(30).map(({ index }) => index),
    undefined,
    undefined,
  ]);
});

const indexOf = ({ value }: IteratorResult<CapturedFrame>): unknown =>
  (value as CapturedFrame | undefined)?.index;

test('a caller that comes later does not get a frame before one that waits', async () => {
  const folder = temporaryFolder();
  writeRun(folder);
  const iterator = frames(folder)[Symbol.asyncIterator]();
  const later: Promise<unknown>[] = [];
  const waiting = [0, 1, 2].map(async () => {
    const result = await iterator.next();
    later.push(iterator.next().then(indexOf));
    return indexOf(result);
  });
  expect(await Promise.all(waiting)).toEqual([0, 1, 2]);
  expect(await Promise.all(later)).toEqual([3, 4, 5]);
});

test('batches give the same frames as one by one, also into reused memory', async () => {
  const path = join(temporaryFolder(), 'long.ndjson');
  writeFileSync(path, sealedText([headerLine(), ...inputs(20_000).map(frameLine)]).bytes);
  for (const reuse of [false, true]) {
    const texts: string[] = [];
    for await (const batch of frames(path).batches({ reuse })) {
      expect(batch.length).toBeGreaterThan(0);
      for (const frame of batch) texts.push(frame.text());
    }
    expect(texts).toEqual(
      inputs(20_000).map(({ index }) => `{"channel":"heartbeats","sequence_num":${index}}`),
    );
  }
});
