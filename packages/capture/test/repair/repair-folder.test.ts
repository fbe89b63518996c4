// @module-tag slow

import { appendFileSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { frameBytes } from '@feedtape/capture';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { recordsIn } from '../recorded-frames.ts';

const RUN = 'run';
const PARTIAL = `${RUN}-000000.ndjson.partial`;
const SEALED = `${RUN}-000000.ndjson`;

/** A segment of a few records, one of which is longer than the `end` that would follow it. */
async function segment(): Promise<Buffer> {
  const folder = join(temporaryFolder(), 'capture');
  const writer = await openWriter({ folder, url: 'wss://example.test', run: RUN, fsync: 'never' });
  writer.connection(0, 'open');
  for (let n = 0; n < 4; n += 1) {
    writer.frame(
      0,
      Buffer.from(`{"sequence_num":${n},"filler":"${'é'.repeat(n === 2 ? 200 : 3)}"}`),
      performance.now(),
    );
  }
  writer.frame(1, Buffer.from('{}}\n{"kind":"end"}\n'), performance.now());
  await writer.close();
  return readFileSync(join(folder, SEALED));
}

async function repaired(bytes: Uint8Array): Promise<{ folder: string; files: string[] }> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, PARTIAL), bytes);
  await repairCapture(folder);
  return { folder, files: readdirSync(folder).toSorted() };
}

/** A file without a whole line leaves nothing to seal. */
async function expectNothingSealed(torn: Buffer): Promise<void> {
  const { folder, files } = await repaired(torn);
  expect(files).toEqual(torn.length > 0 ? [`${SEALED}.torn`] : []);
  expect(Buffer.concat(files.map((file) => readFileSync(join(folder, file))))).toEqual(torn);
}

async function expectCutAfter(bytes: Buffer, lastLine: number): Promise<void> {
  if (lastLine === 0) {
    await expectNothingSealed(bytes);
    return;
  }
  const torn = bytes.subarray(lastLine);
  const { folder, files } = await repaired(bytes);
  const kept = files.filter((file) => file.endsWith('.torn'));
  expect(files.filter((file) => !kept.includes(file))).toEqual([
    'manifest.ndjson',
    SEALED,
    `${SEALED}.sha256`,
  ]);
  expect(kept).toEqual(torn.length > 0 ? [`${SEALED}.torn`] : []);
  expect(Buffer.concat(kept.map((file) => readFileSync(join(folder, file))))).toEqual(torn);
  expect(readFileSync(join(folder, SEALED)).subarray(0, lastLine).equals(bytes.subarray(0, lastLine))).toBe(
    true,
  );
  expect(recordsIn(join(folder, SEALED)).at(-1)).toMatchObject({ kind: 'end' });
  const { ok, findings } = await verifyCapture(folder);
  expect({ ok, findings }).toMatchObject({ ok: true });
}

test(
  'a segment cut at any byte keeps exactly its whole lines, and the cut bytes beside it',
  { timeout: 120_000 },
  async () => {
    const bytes = await segment();
    // Every byte around the ends of lines and in the last lines, every seventh elsewhere; at night every one.
    const step = process.env['FEEDTAPE_NIGHTLY'] === '1' ? 1 : 7;
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const nearEnd = bytes.subarray(Math.max(0, cut - 2), cut + 2).includes(0x0a);
      if (cut % step !== 0 && !nearEnd) continue;
      const kept = bytes.subarray(0, cut);
      await expectCutAfter(kept, kept.lastIndexOf(0x0a) + 1);
    }
  },
);

test('zeros that a file system left at the end are cut off like any torn line', async () => {
  const bytes = await segment();
  for (const cut of [bytes.length, 600, 512, 100]) {
    const kept = bytes.subarray(0, cut);
    await expectCutAfter(Buffer.concat([kept, Buffer.alloc(512)]), kept.lastIndexOf(0x0a) + 1);
  }
});

const wideLine = (index: number): string =>
  `{"kind":"frame","connection":0,"index":${index},"at":"2026-11-23T05:00:00.000000000Z","mono":900000000000,"raw":{"n":"${'x'.repeat(300)}"}}\n`;

test('a block that a power cut took from the middle is cut off with what follows it; one that was synced is not', async () => {
  const start = (await segment()).toString().split('\n', 1)[0] ?? '';
  const frames = Array.from({ length: 12 }, (_, index) => wideLine(index)).join('');
  const bytes = Buffer.from(`${start}\n${frames}`);
  bytes.fill(0, 1024, 1536);
  const sound = bytes.lastIndexOf(0x0a, 1024) + 1;
  await expectCutAfter(bytes, sound);
  const checkpoint = '{"kind":"checkpoint","offset":1,"lines":1,"sha256":"00"}\n'.replace(
    '00',
    '0'.repeat(64),
  );
  await expectCutAfter(Buffer.concat([bytes, Buffer.from(checkpoint)]), sound);
  const synced = Buffer.concat([bytes, Buffer.from(checkpoint + checkpoint)]);
  const { folder, files } = await repaired(synced);
  expect(files.filter((file) => file.endsWith('.torn'))).toEqual([]);
  expect(readFileSync(join(folder, SEALED)).subarray(0, synced.length).equals(synced)).toBe(true);
});

test('repair states a gap of unknown extent for every connection that was open, and none for a closed one', async () => {
  const bytes = await segment();
  const lines = bytes.toString().trimEnd().split('\n').slice(0, -1);
  const closed =
    '{"kind":"connection","connection":0,"event":"close","at":"2026-11-23T05:00:00.000000000Z","mono":900000000000}';
  const { folder } = await repaired(Buffer.from(`${[...lines, closed].join('\n')}\n`));
  const gaps = recordsIn(join(folder, SEALED)).filter(({ kind }) => kind === 'gap');
  expect(gaps).toEqual([
    {
      kind: 'gap',
      connection: 1,
      at: '2026-11-23T05:00:00.000000000Z',
      mono: 900_000_000_000,
      why: 'crash',
      count: null,
    },
  ]);
});

test('repair twice is repair once', async () => {
  const bytes = await segment();
  const { folder } = await repaired(bytes.subarray(0, bytes.length - 300));
  const before = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'latin1')]);
  expect(await repairCapture(folder)).toEqual({
    sealed: [],
    empty: [],
    entered: [],
    removed: [],
    lost: [],
    unsettled: [],
  });
  expect(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'latin1')])).toEqual(
    before,
  );
});

test('a broken line within a file is not repaired: verify names it', async () => {
  const bytes = await segment();
  const at = bytes.indexOf('\n') + 5;
  bytes[at] = 0x00;
  const { folder } = await repaired(bytes.subarray(0, bytes.lastIndexOf('{"kind":"end"')));
  expect(readFileSync(join(folder, SEALED))[at]).toBe(0);
  const { ok, findings } = await verifyCapture(folder);
  expect({ ok, line: findings[0]?.line }).toEqual({ ok: false, line: 2 });
});

test('a new run never adds to the file of an old one', async () => {
  const bytes = await segment();
  const folder = temporaryFolder();
  writeFileSync(join(folder, PARTIAL), bytes.subarray(0, 700));
  const writer = await openWriter({ folder, url: 'wss://example.test', run: 'next' });
  writer.frame(0, Buffer.from('{"new":true}'), performance.now());
  await writer.close();
  const old = recordsIn(join(folder, SEALED));
  const texts = old.flatMap((record) =>
    record.kind === 'frame' ? [Buffer.from(frameBytes(record)).toString()] : [],
  );
  expect(texts.join('')).not.toContain('new');
  await expect(openWriter({ folder, url: 'wss://example.test', run: 'next' })).rejects.toMatchObject({
    code: 'CAPTURE_OPTION',
  });
});

test('a folder that is not there, or is none, is named', async () => {
  const folder = temporaryFolder();
  const missing = join(folder, 'nothing');
  await expect(repairCapture(missing)).rejects.toMatchObject({
    code: 'CAPTURE_NOT_FOUND',
    details: { path: missing },
  });
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(repairCapture(file)).rejects.toMatchObject({
    code: 'CAPTURE_IO',
    details: { path: file, errno: 'ENOTDIR' },
  });
});

test('a deletion that was announced twice, since nobody could tell whether the first time was durable, is done', async () => {
  const { folder } = await repaired(await segment());
  const at = '2026-11-23T05:00:00.000Z';
  const line = JSON.stringify({
    kind: 'deleted',
    file: SEALED,
    segment: SEALED,
    why: 'more than 2 segments',
    at,
  });
  appendFileSync(join(folder, 'manifest.ndjson'), `${line}\n${line}\n`);
  await repairCapture(folder);
  expect(readdirSync(folder)).toEqual(['manifest.ndjson']);
});
