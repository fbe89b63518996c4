// @module-tag slow

import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createRecordDecoder, encodePayload, encodeRecord, frameBytes, parseRecord } from '@feedtape/capture';
import type { CaptureRecord, FrameRecord } from '@feedtape/capture';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const hazards = [
  '{"kind":"end","offset":0}',
  '}\n{"kind":"frame","connection":0,"index":9,"at":"x","mono":0,"raw":{}}',
  '{"a":1}\n',
  '\n',
  '\r\n',
  '"',
  '\\',
  '\0',
  '\uFEFF{"a":1}',
  '{"a":"\u2028"}',
  '{"a":"\u0085"}',
  '{"raw":{"text":"base64"}}',
].map(utf8);

const frames = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json().map(utf8),
  fc.string({ unit: 'binary' }).map(utf8),
  fc.constantFrom(...hazards),
  fc.array(fc.constantFrom(...hazards), { maxLength: 4 }).map((parts) => Buffer.concat(parts)),
  fc.tuple(fc.constantFrom(...hazards), fc.nat(), fc.nat({ max: 255 })).map(([bytes, at, byte]) => {
    const changed = Uint8Array.from(bytes);
    changed[at % changed.length] = byte;
    return changed;
  }),
);

function frame(index: number, bytes: Uint8Array, binary: boolean): FrameRecord {
  const envelope = {
    kind: 'frame',
    connection: 3,
    index,
    at: '2026-11-22T05:54:12.223456789Z',
    mono: index,
  } as const;
  return { ...envelope, ...(binary && { binary }), ...encodePayload(bytes, binary) };
}

/** Reads a capture in pieces of the given sizes, over and over. */
function decode(bytes: Uint8Array, sizes: readonly number[]): CaptureRecord[] {
  const decoder = createRecordDecoder({ strict: true });
  const records: CaptureRecord[] = [];
  for (let at = 0, n = 0; at < bytes.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1;
    decoder.push(bytes.slice(at, at + size));
    at += size;
    for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
      if (line.kind !== 'record') throw new Error(JSON.stringify(line));
      records.push(line.record);
    }
  }
  expect(decoder.finish()).toBeUndefined();
  return records;
}

test(
  'whatever bytes arrive, as many records come back as went in, each with its own bytes',
  { timeout: 600_000 },
  () => {
    // At night a million frames.
    const [runs, least] = process.env['FEEDTAPE_NIGHTLY'] === '1' ? [100_000, 10] : [2_000, 1];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(frames, fc.boolean()), { minLength: least, maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 5 }),
        (inputs, sizes) => {
          const lines = inputs.map(([bytes, binary], index) => encodeRecord(frame(index, bytes, binary)));
          const records = decode(Buffer.concat(lines), sizes);
          expect(records.length).toBe(inputs.length);
          for (const [index, record] of records.entries()) {
            if (record.kind !== 'frame') throw new Error(`a ${record.kind} was forged`);
            expect(record.index).toBe(index);
            const sent = inputs[index]?.[0] ?? new Uint8Array();
            // Not toEqual, which takes minutes for a million of them.
            expect(Buffer.compare(frameBytes(record), sent)).toBe(0);
          }
        },
      ),
      { numRuns: runs },
    );
  },
);

test('every line is one line of JSON for other readers, with the payload under its key', () => {
  fc.assert(
    fc.property(frames, fc.boolean(), (bytes, binary) => {
      const text = Buffer.from(encodeRecord(frame(0, bytes, binary))).toString();
      expect(text.split(/[\n\r\u0085\u2028\u2029]/u).length).toBe(2);
      const {
        raw,
        text: string,
        base64,
      } = JSON.parse(text) as { raw?: unknown; text?: string; base64?: string };
      // A reader of JSON has the value of a raw frame, not its spelling; the spelling is the line's.
      const asText = string ?? (raw === undefined ? undefined : text.slice(text.indexOf('"raw":') + 6, -2));
      expect(Buffer.from(asText ?? base64 ?? '', asText === undefined ? 'base64' : 'utf8')).toEqual(
        Buffer.from(bytes),
      );
    }),
    { numRuns: 2_000 },
  );
});

test('a line cut anywhere is torn, never a record', () => {
  const line = encodeRecord(frame(7, utf8('{"channel":"heartbeats","events":[{}]}'), false));
  for (let cut = 1; cut < line.length; cut += 1) {
    const decoder = createRecordDecoder();
    decoder.push(line.slice(0, cut));
    expect(decoder.next()).toEqual({ kind: 'need-more' });
    expect(decoder.finish()).toEqual({ line: 1, offset: 0, bytes: line.slice(0, cut) });
  }
});

test('a broken line is named with its place, and the lines after it are read', () => {
  const good = encodeRecord(frame(0, utf8('{}'), false));
  const decoder = createRecordDecoder();
  decoder.push(Buffer.concat([good, Buffer.from('{"kind":"frame","connection":0}\nrubbish\n\n'), good]));
  expect(decoder.next()).toMatchObject({ kind: 'record', line: 1, offset: 0 });
  expect(decoder.next()).toMatchObject({ kind: 'corrupt', line: 2, offset: good.length });
  expect(decoder.next()).toMatchObject({ kind: 'corrupt', line: 3, offset: good.length + 32, length: 8 });
  expect(decoder.next()).toMatchObject({ kind: 'corrupt', line: 4, length: 1 });
  expect(decoder.next()).toMatchObject({ kind: 'record', line: 5 });
});

test('no line makes the parser throw', () => {
  const line = Buffer.from(encodeRecord(frame(7, utf8('{"a":[1]}'), false))).toString();
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.json().map(utf8),
        fc.nat().map((at) => utf8(line.slice(0, at))),
      ),
      (bytes) => {
        expect(parseRecord(bytes, { strict: true })).toHaveProperty('kind');
      },
    ),
    { numRuns: 5_000 },
  );
});

const golden = (name: string): Buffer => readFileSync(new URL(`golden/${name}`, import.meta.url));

/** What follows the gap in each golden file of version 1: one shows it, in the other nothing does. */
test.for([
  ['version-1.ndjson', ['frame', 'connection', 'gap']],
  ['version-1-gap-not-shown.ndjson', ['gap']],
] as const)('%s is read as it was written, and written again it is the same file', ([name, ending]) => {
  const file = golden(name);
  const records = decode(file, [file.length]);
  expect(records.map(({ kind }) => kind)).toEqual([
    'header',
    'connection',
    'sent',
    'frame',
    'frame',
    'frame',
    'frame',
    'clock',
    'gap',
    ...ending,
    'checkpoint',
    'end',
  ]);
  expect(Buffer.concat(records.map((record) => encodeRecord(record)))).toEqual(file);
  const texts = records.flatMap((record) =>
    record.kind === 'frame' || record.kind === 'sent'
      ? [Buffer.from(frameBytes(record)).toString('latin1')]
      : [],
  );
  expect(texts.slice(0, 5)).toEqual([
    '{"type":"subscribe","channel":"level2","product_ids":["BTC-USD"],"jwt":"[redacted]"}',
    '{"channel":"heartbeats","timestamp":"2026-09-26T09:25:47.300446339Z","sequence_num":0,"events":[]}',
    'two\nlines and a "quote"',
    '\xff\xfe{}',
    '{"binary":true}',
  ]);
});
