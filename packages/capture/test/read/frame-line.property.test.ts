import { encodePayload, encodeRecord, parseRecord } from '@feedtape/capture';
import type { FrameRecord } from '@feedtape/capture';
import { cutFrame } from '#node/read/frame-line';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

/** What the quick way makes of a line that stands at `from` in a block, told the way a record tells it. */
function cutOut(block: Buffer, from: number, to: number): object | undefined {
  const cut = { connection: 0, index: 0, mono: 0, at: 0, from: 0, to: 0, binary: false };
  const view = new DataView(block.buffer, block.byteOffset, block.length);
  if (!cutFrame(block, view, from, to, cut)) return undefined;
  const { connection, index, mono } = cut;
  const payload = block.subarray(cut.from, cut.to).toString('latin1');
  return {
    connection,
    index,
    mono,
    at: block.toString('latin1', cut.at, cut.at + 30),
    payload,
    encoding: 'raw',
  };
}

function parsed(line: Uint8Array): object | undefined {
  const result = parseRecord(line);
  if (result.kind !== 'record' || result.record.kind !== 'frame') return undefined;
  const { connection, index, mono, at, encoding, payload } = result.record;
  return { connection, index, mono, at, payload: Buffer.from(payload).toString('latin1'), encoding };
}

const count = fc.oneof(
  { weight: 6, arbitrary: fc.nat(1e9) },
  { weight: 1, arbitrary: fc.maxSafeNat() },
  { weight: 1, arbitrary: fc.constantFrom(0, 999_999_999_999_999, 1_000_000_000_000_000) },
);
const payload = fc.oneof(
  fc
    .dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 })
    .map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array({ maxLength: 40 }),
);
const frame: fc.Arbitrary<FrameRecord> = fc
  .record({ connection: count, index: count, mono: count, payload })
  .map(({ payload: bytes, ...numbers }) => ({
    kind: 'frame',
    ...numbers,
    at: '2026-11-22T05:54:12.123456789Z',
    ...encodePayload(bytes),
  }));

/** A line with whatever may stand around it in a block. */
const inBlock = (line: Uint8Array, before: Uint8Array, after: Uint8Array): [Buffer, number, number] => [
  Buffer.concat([before, line, Buffer.from('\n'), after]),
  before.length,
  before.length + line.length,
];

test('the fast path agrees with parseRecord on every line of a writer that it accepts', () => {
  let quick = 0;
  fc.assert(
    fc.property(
      frame,
      fc.uint8Array(),
      fc.uint8Array({ minLength: 200, maxLength: 300 }),
      (record, before, after) => {
        const line = encodeRecord(record).subarray(0, -1);
        const cut = cutOut(...inBlock(line, before, after));
        if (cut === undefined) return;
        quick += 1;
        expect(cut).toEqual(parsed(line));
      },
    ),
    { numRuns: 2000 },
  );
  // It would hold of a quick way that never says anything, too.
  expect(quick).toBeGreaterThan(200);
});

test('the fast path accepts no damaged line that parseRecord reads differently', () => {
  const change = fc.record({ at: fc.nat(160), remove: fc.nat(4), insert: fc.uint8Array({ maxLength: 4 }) });
  const digitsAndMarks = fc
    .constantFrom(...Array.from('0123456789",:}{\n-.e+ TZ'))
    .map((text) => Buffer.from(text));
  const edits = fc.array(
    fc.oneof(
      change,
      change.chain((one) => digitsAndMarks.map((insert) => ({ ...one, insert }))),
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  );
  fc.assert(
    fc.property(frame, edits, fc.uint8Array({ minLength: 200, maxLength: 300 }), (record, changes, after) => {
      let line = Buffer.from(encodeRecord(record).subarray(0, -1));
      for (const { at, remove, insert } of changes) {
        line = Buffer.concat([line.subarray(0, at), insert, line.subarray(at + remove)]);
      }
      // A newline ends the line wherever it came in.
      const end = line.indexOf('\n');
      if (end >= 0) line = line.subarray(0, end);
      const cut = cutOut(...inBlock(line, Buffer.alloc(0), after));
      expect(cut === undefined ? 'nothing' : cut).toEqual(cut === undefined ? 'nothing' : parsed(line));
    }),
    { numRuns: 5000 },
  );
});

test('lines that look nearly right are left to parseRecord', () => {
  const at = '2026-11-22T05:54:12.123456789Z';
  const line = (connection: string, index: string, mono: string, raw = '{}'): string =>
    `{"kind":"frame","connection":${connection},"index":${index},"at":"${at}","mono":${mono},"raw":${raw}}`;
  const around = Buffer.from(`\n${line('0', '1', '2')}\n`.repeat(3));
  const cutLine = (text: string): object | undefined => cutOut(...inBlock(Buffer.from(text), around, around));
  expect(cutLine(line('0', '1', '2'))).toEqual(parsed(Buffer.from(line('0', '1', '2'))));
  for (const text of [
    line('00', '1', '2'),
    line('0', '01', '2'),
    line('0', '1', '02'),
    line('', '1', '2'),
    line('0', '1', '1234567890123456'),
    line('0', '1', '2', ''),
    // The next line completes what this one lacks.
    line('0', '1', '2').slice(0, 70),
    `${line('0', '1', '2').slice(0, 60)}}`,
  ]) {
    expect({ text, cut: cutLine(text) }).toEqual({ text, cut: undefined });
  }
});
