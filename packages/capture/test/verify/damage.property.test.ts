// @module-tag slow
// @module-tag seeded

import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { frameBytes } from '@feedtape/capture';
import type { CaptureRecord } from '@feedtape/capture';
import { frames, openCapture, openWriter, verifyCapture } from '@feedtape/capture/node';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  CHECKPOINT,
  frameLine,
  gapLine,
  headerLine,
  sealedText,
  temporaryFolder,
  writeSealed,
} from '../capture-files.ts';
import type { SealedText } from '../capture-files.ts';

const TIMES = Number(process.env['FEEDTAPE_TIMES'] ?? 1);
const FLIPS = 10_000;
const GOOD = 200 * TIMES;
const FLIPS_AT_ONCE = 500;

function manyRecords(): SealedText {
  const texts = [
    '{"channel":"heartbeats","sequence_num":1}',
    'not json',
    '{"events":[{"price":"83277.25"}]}',
    '\u0000',
  ];
  const frame = (index: number): CaptureRecord =>
    frameLine({ index, ms: index, text: texts[index % texts.length] ?? '' });
  const records = Array.from({ length: 12 }, (_, index) => frame(index));
  return sealedText([
    headerLine(),
    ...records.slice(0, 5),
    CHECKPOINT,
    ...records.slice(5),
    gapLine('sequence', 4, 5, 20),
  ]);
}

test(`every one of ${FLIPS} single bit flips in a sealed segment is found`, async () => {
  const { bytes } = manyRecords();
  const endLine = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
  const identity = createHash('sha256').update(bytes).digest('hex');
  const bits = Array.from({ length: FLIPS }, (_, n) => Math.floor((n * bytes.length * 8) / FLIPS));
  expect(new Set(bits).size).toBe(FLIPS);
  for (let done = 0; done < FLIPS; done += FLIPS_AT_ONCE) {
    const folder = temporaryFolder();
    const names = bits.slice(done, done + FLIPS_AT_ONCE).map((bit) => {
      const path = join(folder, `bit-${bit}.ndjson`);
      // What the other lines say is hashed in the `end`; that one itself only in the sidecar.
      if (bit >> 3 >= endLine) writeFileSync(`${path}.sha256`, `${identity}  ${basename(path)}\n`);
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      writeFileSync(path, damaged);
      return path;
    });
    const { findings } = await verifyCapture(folder, { maxFindings: 1e6 });
    const found = new Set(
      findings
        .filter(({ severity }) => severity === 'broken')
        .map(({ file }) => file.replace(/\.sha256$/u, '')),
    );
    expect(names.filter((name) => !found.has(name))).toEqual([]);
    rmSync(folder, { recursive: true });
  }
}, 120_000);

test(`of ${GOOD} good captures none raises an alarm`, async () => {
  const folder = temporaryFolder();
  const given = fc.array(
    fc.record({
      connection: fc.nat(2),
      text: fc.string({ unit: 'binary' }),
      checkpoint: fc.boolean(),
      ms: fc.nat(50),
    }),
    { maxLength: 15 },
  );
  for (const [n, inputs] of fc.sample(given, GOOD).entries()) {
    const next = [0, 0, 0];
    let ms = 0;
    const records = inputs.flatMap(({ connection, text, checkpoint, ms: later }): CaptureRecord[] => {
      ms += later;
      const index = next[connection] ?? 0;
      next[connection] = index + 1;
      return [frameLine({ connection, index, ms, text }), ...(checkpoint ? [CHECKPOINT] : [])];
    });
    writeSealed(folder, `good-${n}.ndjson`, sealedText([headerLine(), ...records]));
  }
  expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [], segments: GOOD });
});

test('a bit flip in any file of a recorded folder is found, but for the time in the manifest', async () => {
  const folder = temporaryFolder();
  const clock = { now: () => 0, wallMs: () => 1_795_240_452_123 };
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    fsync: 'always',
    rotate: { bytes: 600 },
    clock,
  });
  for (let n = 0; n < 12; n += 1) {
    writer.frame(0, Buffer.from(`{"sequence_num":${n}}`), 0);
    await writer.drained();
  }
  await writer.close();
  const manifest = readFileSync(join(folder, 'manifest.ndjson'), 'utf8');
  const isTime = (at: number): boolean =>
    [...manifest.matchAll(/"at":"[^"]*"/gu)].some(
      ({ index, 0: { length } }) => at >= index && at < index + length,
    );
  const names = readdirSync(folder).filter((name) => /ndjson/u.test(name));
  const place = fc.constantFrom(...names).chain((name) => {
    const { length } = readFileSync(join(folder, name));
    return fc.record({ name: fc.constant(name), at: fc.nat(length - 1), bit: fc.nat(7) });
  });
  await fc.assert(
    fc.asyncProperty(place, async ({ name, at, bit }) => {
      fc.pre(name !== 'manifest.ndjson' || !isTime(at));
      const path = join(folder, name);
      const whole = readFileSync(path);
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] as number) ^ (1 << bit);
      writeFileSync(path, damaged);
      const { ok } = await verifyCapture(folder);
      writeFileSync(path, whole);
      expect(ok).toBe(false);
    }),
    { numRuns: 100 * TIMES },
  );
  expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [] });
}, 600_000);

const FRAMES = fc.array(
  fc.record({
    connection: fc.nat(2),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 })
        .map((value) => Buffer.from(JSON.stringify(value))),
      fc
        .constantFrom('', '\n', '}\n{"kind":"end"}\n', '"', '{"kind":"frame"}')
        .map((text) => Buffer.from(text)),
    ),
    binary: fc.boolean(),
    ms: fc.double({ min: 0, max: 5, noNaN: true }),
  }),
  // A run without a record leaves no capture.
  { minLength: 1, maxLength: 12 },
);

test('every input of the writer is read back and verifies, in every stored form', async () => {
  const folder = temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(FRAMES, fc.constantFrom(400, 1e6), fc.boolean(), async (given, bytes, compressed) => {
      const into = join(folder, String((run += 1)));
      let ms = 0;
      const clock = { now: () => ms, wallMs: () => 1_795_240_452_123 + ms };
      const writer = await openWriter({
        folder: into,
        url: 'wss://example.test',
        fsync: 'never',
        rotate: { bytes },
        clock,
      });
      for (const frame of given) {
        ms += frame.ms;
        writer.frame(frame.connection, frame.bytes, ms, frame.binary);
      }
      await writer.close();
      if (compressed) await compressLast(into);
      const read: string[] = [];
      for await (const { connection, bytes: frame, binary } of frames(into)) {
        read.push(`${connection} ${binary} ${Buffer.from(frame).toString('base64')}`);
      }
      expect(read).toEqual(
        given.map(
          (frame) => `${frame.connection} ${frame.binary} ${Buffer.from(frame.bytes).toString('base64')}`,
        ),
      );
      const { ok, findings } = await verifyCapture(into);
      expect({ ok, findings: findings.filter(({ severity }) => severity === 'broken') }).toEqual({
        ok: true,
        findings: [],
      });
    }),
    { numRuns: 60 * TIMES },
  );
}, 600_000);

/** Beside the plain file: an interrupted compression, after which both are there. */
async function compressLast(folder: string): Promise<void> {
  const last = (await openCapture(folder).segments()).at(-1)?.path ?? '';
  const compressed = zstdCompressSync(readFileSync(last));
  writeFileSync(`${last}.zst`, compressed);
  const sha256 = createHash('sha256').update(compressed).digest('hex');
  writeFileSync(`${last}.zst.sha256`, `${sha256}  ${basename(last)}.zst\n`);
}

test('frames of 16 MiB come back exact, plain and compressed, beside small ones', async () => {
  const folder = temporaryFolder();
  const large = Buffer.alloc(16 * 1024 * 1024, '{"a":"b\\n"}, ');
  const json = Buffer.from(JSON.stringify({ events: large.toString() }));
  const given = [Buffer.from('{}'), large, Buffer.from('{"n":1}'), json, Buffer.from('')];
  const writer = await openWriter({ folder, url: 'wss://example.test' });
  for (const bytes of given) {
    writer.frame(0, bytes, performance.now());
    await writer.drained();
  }
  await writer.close();
  const [plain = ''] = (await openCapture(folder).segments()).map(({ path }) => path);
  const lone = join(folder, 'copy.ndjson.zst');
  writeFileSync(lone, zstdCompressSync(readFileSync(plain)));
  for (const path of [plain, lone]) {
    const read: Uint8Array[] = [];
    for await (const frame of frames(path)) read.push(frame.bytes);
    expect(read.length).toBe(given.length);
    expect(given.every((bytes, n) => bytes.equals(read[n] ?? Buffer.from('x')))).toBe(true);
    expect(await verifyCapture(path)).toMatchObject({ ok: true, frames: given.length });
  }
  const records: number[] = [];
  for await (const record of openCapture(plain))
    if (record.kind === 'frame') records.push(frameBytes(record).length);
  expect(records).toEqual(given.map(({ length }) => length));
});
