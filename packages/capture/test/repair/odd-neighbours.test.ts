import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { frames, inspectCapture, openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import { compareBeginning } from '#node/repair/partial-beginning';
import { systemCodecs } from '#node/system/codecs';
import { countedFiles } from '../fs/counted-files.ts';
import { expectTrue, frame, record, url } from '../read/small-segments.ts';

const FRAMES = 8;

/** A compressed capture, and the first of its segments. */
async function compressed(): Promise<{ folder: string; path: string; text: Buffer }> {
  const { folder, segments } = await record({ compress: 'zstd' }, FRAMES);
  const path = join(folder, segments[0] ?? '');
  return { folder, path, text: zstdDecompressSync(readFileSync(`${path}.zst`)) };
}

async function framesIn(folder: string, options: Parameters<typeof frames>[1] = {}): Promise<number> {
  let count = 0;
  for await (const _ of frames(folder, options)) count += 1;
  return count;
}

const KINDS: Readonly<Record<string, (path: string) => void>> = {
  'a link to nowhere': (path) => symlinkSync('/nowhere', path),
  'a link to a folder': (path) => symlinkSync('/tmp', path),
  'a link to the good copy': (path) => symlinkSync(path.replace(/(\.ndjson).*$/u, '$1.zst'), path),
  'a folder': (path) => mkdirSync(path),
  'a named pipe': (path) => execFileSync('mkfifo', [path]),
};
const neighbours = ['', '.partial', '.gz'].flatMap((ending) =>
  Object.keys(KINDS).map((kind) => ({ ending, kind })),
);

test.for(neighbours)(
  '$kind named X.ndjson$ending hides no X.ndjson.zst, and is named',
  async ({ ending, kind }) => {
    const { folder, path } = await compressed();
    const odd = `${path}${ending}`;
    KINDS[kind]?.(odd);
    expect(await framesIn(folder)).toBe(FRAMES);
    expect(await framesIn(folder, { from: '2020-01-01T00:00:00.000000000Z' })).toBe(FRAMES);
    expect(await inspectCapture(folder)).toMatchObject({ frames: FRAMES });
    const advice = expect.objectContaining({ severity: 'advice', promise: 'copy', file: odd });
    expect(await verifyCapture(folder)).toMatchObject({ ok: true, frames: FRAMES, findings: [advice] });
    const { unsettled } = await repairCapture(folder);
    expect(unsettled).toMatchObject([{ reason: expect.stringContaining('move it away') }]);
    const writer = await openWriter({ folder, url, run: 'second' });
    writer.frame(0, frame, performance.now());
    await writer.close();
    expect(await framesIn(folder)).toBe(FRAMES + 1);
    expect(existsSync(`${path}.zst`)).toBe(true);
  },
);

test('a plain file that an unpacking left unfinished hides no compressed copy', async () => {
  const { folder, path, text } = await compressed();
  writeFileSync(path, text.subarray(0, 300), { mode: 0o600 });
  expect(await framesIn(folder)).toBe(FRAMES);
  await repairCapture(folder);
  await expectTrue(folder);
});

test('a folder in the place where a .partial is to be sealed does not hide it, and stays', async () => {
  const { folder, segments } = await record({}, 2);
  const path = join(folder, segments[0] ?? '');
  writeFileSync(`${path}.partial`, readFileSync(path).subarray(0, -10), { mode: 0o600 });
  for (const name of [path, `${path}.sha256`, join(folder, 'manifest.ndjson')]) unlinkSync(name);
  mkdirSync(path);
  expect(await framesIn(folder)).toBe(2);
  const { sealed, unsettled } = await repairCapture(folder);
  expect({ sealed, files: unsettled.map(({ file }) => file) }).toEqual({
    sealed: [],
    files: [segments[0], `${segments[0]}.partial`],
  });
});

const listOf = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.includes('000000'));

test('a .partial goes when all its lines are in a whole sealed copy; the rest of a line is kept', async () => {
  const { folder, path, text } = await compressed();
  const torn = '{"kind":"fra';
  const lines = text.subarray(0, text.indexOf('\n', 500) + 1);
  writeFileSync(`${path}.partial`, Buffer.concat([lines, Buffer.from(torn)]), { mode: 0o600 });
  expect(await framesIn(folder)).toBe(FRAMES);
  expect(await framesIn(folder, { from: '2020-01-01T00:00:00.000000000Z' })).toBe(FRAMES);
  const { ok, findings } = await verifyCapture(folder);
  expect({ ok, findings }).toMatchObject({ ok: true, findings: [{ severity: 'advice', promise: 'copy' }] });
  const { removed, unsettled } = await repairCapture(folder);
  expect({ removed, unsettled }).toMatchObject({
    removed: [expect.stringMatching(/partial$/u)],
    unsettled: [],
  });
  expect(readFileSync(`${path}.torn`, 'utf8')).toBe(torn);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [] });
});

test('a .partial with lines that a sealed copy lacks stays beside it, and it is said what to do', async () => {
  const { folder, path, text } = await compressed();
  const changed = Buffer.from(text.toString().replace('xxx', 'xyx'));
  writeFileSync(`${path}.partial`, changed, { mode: 0o600 });
  const before = listOf(folder);
  const { ok, findings } = await verifyCapture(folder);
  expect({ ok, findings }).toMatchObject({
    ok: false,
    findings: [{ promise: 'copy', file: `${path}.partial` }],
  });
  const { unsettled } = await repairCapture(folder);
  expect(unsettled).toMatchObject([
    { reason: expect.stringMatching(/not in .*zst: move one of them away/u) },
  ]);
  expect(listOf(folder)).toEqual(before);
  expect(readFileSync(`${path}.partial`)).toEqual(changed);
});

test.for(['with', 'without'])(
  'a .partial that is whole takes the place of a sealed copy that is not, %s a manifest',
  async (manifest) => {
    for (const form of ['.zst', '']) {
      const { folder, path, text } = await compressed();
      if (manifest === 'without') unlinkSync(join(folder, 'manifest.ndjson'));
      writeFileSync(`${path}.partial`, text, { mode: 0o600 });
      if (form === '') {
        unlinkSync(`${path}.zst`);
        unlinkSync(`${path}.zst.sha256`);
        writeFileSync(path, text, { mode: 0o600 });
      }
      truncateSync(`${path}${form}`, 40);
      await repairCapture(folder);
      await expectTrue(folder);
      expect(await framesIn(folder)).toBe(FRAMES);
    }
  },
);

test('where neither a .partial nor its sealed copy is whole, both stay', async () => {
  const { folder, path, text } = await compressed();
  writeFileSync(`${path}.partial`, text.subarray(0, 700), { mode: 0o600 });
  truncateSync(`${path}.zst`, 40);
  const before = listOf(folder);
  const { unsettled } = await repairCapture(folder);
  expect(unsettled).toMatchObject([{ reason: expect.stringContaining('move away the one that holds less') }]);
  expect(listOf(folder)).toEqual(before);
});

test('what comes after the beginning of a sealed copy is not read, however long it is', async () => {
  const { path, text } = await compressed();
  writeFileSync(`${path}.partial`, text.subarray(0, text.lastIndexOf('\n', -2) + 1), { mode: 0o600 });
  writeFileSync(path, text, { mode: 0o600 });
  // A terabyte of zeros that takes no room.
  truncateSync(path, 2 ** 40);
  const { files, bytes } = countedFiles(path);
  const copy = { file: basename(path), form: 'plain' } as const;
  const compared = await compareBeginning({ files, codecs: systemCodecs }, `${path}.partial`, copy);
  expect(compared.isBeginning).toBe(true);
  expect(bytes()).toBeLessThan(2 ** 24);
});
