import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parseRecord } from '@feedtape/capture';
import type { CaptureRecord, HeaderRecord } from '@feedtape/capture';
import { editCapture, frames, importFrames, openCapture, verifyCapture } from '@feedtape/capture/node';
import type { EditOptions } from '@feedtape/capture/node';
import { redactValues } from '#node/transform/redact-values';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameLine, gapLine, headerLine, instantAt, sealedText, temporaryFolder } from '../capture-files.ts';

const line = (connection: number, index: number, ms: number, text?: string): CaptureRecord =>
  frameLine({ connection, index, ms, ...(text === undefined ? {} : { text }) });

/** Two connections, a request, an event, and gaps. */
function writeSource(folder: string): string {
  const path = join(folder, 'source.ndjson');
  const records: CaptureRecord[] = [
    headerLine(),
    { kind: 'connection', connection: 0, event: 'open', at: instantAt(0), mono: 0, user: 'u-1' },
    line(0, 0, 1, '{"n":0,"user":["u-1"],"amount":12.50}'),
    line(1, 0, 2, '{"n":10}'),
    line(0, 1, 3, '{"n":1}'),
    gapLine('sequence', 5, 6, 3),
    line(1, 1, 4, '{"n":11}'),
    line(0, 2, 5, 'not json u-1'),
    { ...gapLine('disconnect', 0, 0, 6), count: null } as CaptureRecord,
    line(0, 3, 7, '{"n":3}'),
  ];
  writeFileSync(path, sealedText(records).bytes);
  return path;
}

interface Edited {
  readonly texts: string[];
  readonly header: HeaderRecord;
  readonly path: string;
}

async function edited(options: EditOptions, source?: string): Promise<Edited> {
  const folder = temporaryFolder();
  const path = join(folder, 'result.ndjson');
  await editCapture(source ?? writeSource(folder), path, options);
  expect(await verifyCapture(path)).toMatchObject({ ok: true, findings: [] });
  const texts: string[] = [];
  for await (const frame of frames(path)) texts.push(`${frame.connection}.${frame.index} ${frame.text()}`);
  const first = parseRecord(readFileSync(path).subarray(0, readFileSync(path).indexOf(10)));
  if (first.kind !== 'record' || first.record.kind !== 'header') throw new Error('no header');
  return { texts, header: first.record, path };
}

test.for([
  ['result.ndjson.zst', zstdDecompressSync],
  ['result.ndjson.gz', gunzipSync],
] as const)(
  'written as %s it is compressed, and says what it would have said plain',
  async ([name, decompress]) => {
    const folder = temporaryFolder();
    const source = writeSource(folder);
    const plain = await editCapture(source, join(folder, 'result.ndjson'), { connection: 0 });
    const path = join(folder, name);
    const compressed = await editCapture(source, path, { connection: 0 });
    expect(compressed).toEqual({ ...plain, path });
    expect(decompress(readFileSync(path)).equals(readFileSync(plain.path))).toBe(true);
    expect(await verifyCapture(path)).toMatchObject({ ok: true, findings: [] });
    const again = await editCapture(path, join(folder, 'again.ndjson'), { drop: [{ index: 0 }] });
    expect(again.frames).toBe(plain.frames - 1);
    // Nothing that exists is written over, and what fails leaves nothing.
    await expect(editCapture(source, path)).rejects.toMatchObject({ code: 'CAPTURE_IO' });
    const broken = join(folder, 'broken.ndjson.gz');
    await expect(editCapture(source, broken, { drop: [{ index: 99 }] })).rejects.toMatchObject({
      code: 'CAPTURE_OPTION',
    });
    expect(existsSync(broken)).toBe(false);
  },
);

test('cut by connection: the rest is counted anew, times stay, and the origin is named', async () => {
  const { texts, header, path } = await edited({ connection: 1, note: 'for issue 7' });
  expect(texts).toEqual(['0.0 {"n":10}', '0.1 {"n":11}']);
  expect(header).toMatchObject({
    at: instantAt(2),
    mono: 0,
    run: 'result',
    url: 'wss://example.test',
    origin: { how: 'edited', from: ['source.ndjson'], note: 'cut by connection; for issue 7' },
  });
  const times: string[] = [];
  for await (const { at, mono } of frames(path)) times.push(`${at} ${mono}`);
  expect(times).toEqual([`${instantAt(2)} 0`, `${instantAt(4)} 2000000`]);
  expect(statSync(path).mode % 0o1000).toBe(0o600);
});

test('cut by time or by a question', async () => {
  expect((await edited({ from: instantAt(3), to: instantAt(5) })).texts).toEqual([
    '0.0 {"n":1}',
    '1.0 {"n":11}',
  ]);
  expect((await edited({ where: (frame) => frame.text().includes('3') })).texts).toEqual(['0.0 {"n":3}']);
});

test('frames dropped and swapped', async () => {
  expect((await edited({ connection: 0, drop: [{ index: 1 }, { index: 2 }] })).texts).toEqual([
    '0.0 {"n":0,"user":["u-1"],"amount":12.50}',
    '0.1 {"n":3}',
  ]);
  const swapped = await edited({ connection: 0, swap: [[{ index: 1 }, { index: 3 }]], drop: [{ index: 0 }] });
  expect(swapped.texts).toEqual(['0.0 {"n":3}', '0.1 not json u-1', '0.2 {"n":1}']);
  expect(swapped.header.origin?.note).toBe('cut by connection; 1 frames dropped; 1 pairs of frames swapped');
});

test('redaction hides values under a key, and frames that are not JSON objects', async () => {
  const { texts, path } = await edited({ connection: 0, redact: ['user', 'amount'] });
  expect(texts).toEqual([
    '0.0 {"n":0,"user":["[redacted]"],"amount":0}',
    '0.1 {"n":1}',
    '0.2 [redacted]',
    '0.3 {"n":3}',
  ]);
  expect(readFileSync(path, 'utf8')).not.toContain('u-1');
});

test('events and gaps are kept, but not the gaps that the frames show', async () => {
  const { path } = await edited({});
  const kinds: string[] = [];
  for await (const record of openCapture(path)) {
    kinds.push(record.kind === 'gap' ? record.why : record.kind);
  }
  expect(kinds.join(' ')).toBe('header connection frame frame frame frame frame disconnect frame end');
});

test('several runs become one, with the wall clock between them', async () => {
  const folder = temporaryFolder();
  const paths = [0, 60_000].map((startMs, n) => {
    const path = join(folder, `part-${n}.ndjson`);
    const at = instantAt(startMs);
    const frame = { ...frameLine({ index: 0, ms: 0, text: `{"n":${n}}` }), at } as CaptureRecord;
    writeFileSync(path, sealedText([headerLine({ run: `run${n}`, at }), frame]).bytes);
    return path;
  });
  const path = join(folder, 'both.ndjson');
  await editCapture(paths, path);
  expect(await verifyCapture(path)).toMatchObject({ ok: true, frames: 2 });
  const read: unknown[] = [];
  for await (const { connection, mono, run } of frames(path)) read.push({ connection, mono, run });
  expect(read).toEqual([
    { connection: 0, mono: 0, run: 'both' },
    { connection: 1, mono: 60_000e6, run: 'both' },
  ]);
});

test('a refused edit leaves no file and overwrites none', async () => {
  const folder = temporaryFolder();
  const source = writeSource(folder);
  const path = join(folder, 'result.ndjson');
  const refuse = (options: EditOptions): Promise<unknown> => editCapture(source, path, options);
  await expect(refuse({ drop: [{ index: 99 }] })).rejects.toMatchObject({ code: 'CAPTURE_OPTION' });
  await expect(refuse({ swap: [[{ index: 0 }, { index: 99 }]] })).rejects.toMatchObject({
    code: 'CAPTURE_OPTION',
  });
  await expect(refuse({ connection: 5 })).rejects.toMatchObject({ code: 'CAPTURE_OPTION' });
  await expect(refuse({ run: '../escape' })).rejects.toMatchObject({ code: 'CAPTURE_OPTION' });
  expect(existsSync(path)).toBe(false);
  await editCapture(source, path);
  await expect(refuse({})).rejects.toMatchObject({ code: 'CAPTURE_IO', details: { errno: 'EEXIST' } });
  expect(await verifyCapture(path)).toMatchObject({ ok: true });
});

test('a cut or an import that is stopped leaves no file, and can be done again', async () => {
  const folder = temporaryFolder();
  const source = writeSource(folder);
  const raw = join(folder, 'raw.tsv');
  writeFileSync(raw, '1\t{"n":1}\n2\t{"n":2}\n');
  const path = join(folder, 'result.ndjson');
  const before = readdirSync(folder);
  const controller = new AbortController();
  const where = (): boolean => {
    controller.abort();
    return true;
  };
  const { signal } = controller;
  await expect(editCapture(source, path, { signal, where })).rejects.toMatchObject({ name: 'AbortError' });
  expect(readdirSync(folder)).toEqual(before);
  await expect(importFrames(raw, path, { source: 'me', signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(readdirSync(folder)).toEqual(before);
  await editCapture(source, path);
  expect(await verifyCapture(path)).toMatchObject({ ok: true });
  expect(readdirSync(folder)).toEqual([...before, 'result.ndjson'].toSorted());
});

test('while it is made nothing has its name, and a file that comes meanwhile is not written over', async () => {
  const folder = temporaryFolder();
  const source = writeSource(folder);
  const path = join(folder, 'result.ndjson');
  let looks = 0;
  const where = (): boolean => {
    looks += 1;
    expect(existsSync(path)).toBe(looks > 1);
    writeFileSync(path, 'mine');
    return true;
  };
  await expect(editCapture(source, path, { where })).rejects.toMatchObject({ details: { errno: 'EEXIST' } });
  expect(readFileSync(path, 'utf8')).toBe('mine');
  expect(readdirSync(folder).toSorted()).toEqual(['result.ndjson', 'source.ndjson']);
});

/** What redaction does, said on values instead of bytes. */
function hide(value: unknown, keys: readonly string[], hidden = false): unknown {
  if (typeof value === 'string') return hidden ? '[redacted]' : value;
  if (typeof value === 'number') return hidden ? 0 : value;
  if (Array.isArray(value)) return value.map((each) => hide(each, keys, hidden));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, hide(each, keys, hidden || keys.includes(key))]),
  );
}

test('redacting bytes is redacting values', () => {
  const name = fc.constantFrom('a', 'b', 'user', 'x"y', 'é', '\\');
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
      fc.constantFrom(null, true, false),
      fc.array(tie('json'), { maxLength: 4 }),
      fc.dictionary(name, tie('json'), { maxKeys: 4 }),
    ),
  }));
  const object = fc.dictionary(name, json, { maxKeys: 5 }).map((value) => ({ ...value }));
  fc.assert(
    fc.property(object, fc.subarray(['a', 'user', 'x"y', '\\']), (value, keys) => {
      const text = Buffer.from(JSON.stringify(value));
      const redacted = Buffer.from(redactValues(text, new Set(keys)) ?? '').toString();
      expect(JSON.parse(redacted)).toEqual(JSON.parse(JSON.stringify(hide(value, keys))));
    }),
    { numRuns: 500 },
  );
});

// A close reason of 2026-11-30 with U+2028 in it made the redaction go round in one place for ever.
test('redacting an event is redacting its values, whatever characters and however deep', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'events.ndjson');
  const name = fc.constantFrom('a', 'user', 'text', 'raw', '__proto__', '\u2028');
  const nested = fc.integer({ min: 0, max: 90 }).map((depth) => {
    let value: unknown = 'u-1';
    for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
    return value;
  });
  const value = fc.oneof(
    nested,
    fc.jsonValue(),
    fc.string({
      unit: fc.constantFrom('\u2028', '\u2029', '\u0085', '"', '\\', '\u0000', 'x', 'é', '\ud800'),
    }),
  );
  const details = fc.dictionary(name, value, { maxKeys: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(details, { minLength: 1, maxLength: 3 }), async (all) => {
      const events = all.map((each, n): CaptureRecord => ({
        ...each,
        kind: 'connection',
        connection: 0,
        event: 'close',
        at: instantAt(n),
        mono: n * 1e6,
      }));
      writeFileSync(path, sealedText([headerLine(), ...events]).bytes);
      const { path: result } = await edited({ redact: ['user', '\u2028'] }, path);
      const read: unknown[] = [];
      for await (const record of openCapture(result)) if (record.kind === 'connection') read.push(record);
      const own = new Set(['kind', 'connection', 'event', 'at', 'mono']);
      const detailsOf = (record: object): [string, unknown][] =>
        Object.entries(record).filter(([key]) => !own.has(key));
      const expected = events.map((record) => detailsOf(hide(record, ['user', '\u2028']) as object));
      expect(read.map((record) => detailsOf(record as object))).toEqual(JSON.parse(JSON.stringify(expected)));
    }),
    { numRuns: 100 },
  );
});

test('of a frame that is no JSON object on one line nothing is looked for', () => {
  for (const text of ['{"a":"\u2028"}', '{"a":"', '{"a"', '', `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`]) {
    expect(redactValues(Buffer.from(text), new Set(['a']))).toBeUndefined();
  }
});

const redact = (text: string): string =>
  Buffer.from(redactValues(Buffer.from(text), new Set(['jwt'])) ?? '').toString();

test('a key written with escapes is found too', () => {
  expect(redact(String.raw`{"\u006awt" : "secret","b":"jwt"}`)).toBe(
    String.raw`{"\u006awt" : "[redacted]","b":"jwt"}`,
  );
  expect(redact('{"jwt":{"deep":["a",-1.5e3,null,{"b":"c"}]},"after":"kept"}')).toBe(
    '{"jwt":{"deep":["[redacted]",0,null,{"b":"[redacted]"}]},"after":"kept"}',
  );
});

// A cut of 2026-11-23 did not verify: requests kept the time and the connection of the original.
test('a request moves to the new time and the new connection with the frames around it', async () => {
  const source = join(temporaryFolder(), 'source.ndjson');
  const request = new TextEncoder().encode('{"type":"subscribe"}');
  const records: CaptureRecord[] = [
    headerLine(),
    line(3, 0, 40, '{"n":0}'),
    { kind: 'sent', connection: 3, at: instantAt(50), mono: 50e6, encoding: 'raw', payload: request },
    line(3, 1, 60, '{"n":1}'),
  ];
  writeFileSync(source, sealedText(records).bytes);
  const { path } = await edited({}, source);
  const requests: CaptureRecord[] = [];
  for await (const record of openCapture(path)) if (record.kind === 'sent') requests.push(record);
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({ connection: 0, mono: 10e6, at: instantAt(50) });
});
