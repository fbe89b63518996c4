import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { SealedEntry } from '@feedtape/capture';
import { readManifest, repairCapture } from '@feedtape/capture/node';
import { nodeFiles } from '#node/fs/node-file-system';
import { chooseCopy } from '#node/repair/settle-copies';
import { countedFiles } from '../fs/counted-files.ts';
import { skippedFrame } from '../fs/skipped-frame.ts';
import { expectTrue, record } from '../read/small-segments.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const states = ['whole', 'cut', 'absent'] as const;
const words = ['sealed', 'compressed', 'nothing'] as const;
const combinations = states.flatMap((plain) =>
  states.flatMap((copy) => words.map((says) => ({ plain, copy, says }))),
);

test.for(combinations)(
  'no copy goes before another is known to be whole: $plain plain file, $copy copy, manifest says $says',
  async ({ plain, copy, says }) => {
    const { folder, segments } = await record({}, 2);
    const [S = ''] = segments;
    const path = join(folder, S);
    const text = readFileSync(path);
    const stored = zstdCompressSync(text);
    const at = '2026-11-30T06:00:00.000Z';
    const file = `${S}.zst`;
    const compressed = {
      kind: 'compressed',
      file,
      from: S,
      bytes: stored.length,
      sha256: sha256(stored),
      at,
    };
    writeFileSync(`${path}.zst`, stored, { mode: 0o600 });
    writeFileSync(`${path}.zst.sha256`, `${sha256(stored)}  ${file}\n`, { mode: 0o600 });
    const manifest = join(folder, 'manifest.ndjson');
    if (says === 'compressed') writeFileSync(manifest, `${JSON.stringify(compressed)}\n`, { flag: 'a' });
    if (says === 'nothing') unlinkSync(manifest);
    for (const [name, state] of [
      [path, plain],
      [`${path}.zst`, copy],
    ] as const) {
      if (state === 'cut') truncateSync(name, 12);
      if (state === 'absent') unlinkSync(name);
    }
    const before = readdirSync(folder).filter((name) => name === S || name === file);
    await repairCapture(folder);
    const after = readdirSync(folder).filter((name) => name === S || name === file);
    const [kept = ''] = plain === 'whole' || copy === 'whole' ? after : [];
    expect(after).toEqual(kept === '' ? before : [kept]);
    if (kept === '') return;
    const bytes = readFileSync(join(folder, kept));
    expect((kept === S ? bytes : zstdDecompressSync(bytes)).equals(text)).toBe(true);
    await expectTrue(folder);
    // And retention and compression know it: the last word of the manifest is the file that is there.
    const last = (await readManifest(nodeFiles, folder)).findLast(
      ({ kind }) => kind === 'sealed' || kind === 'compressed',
    );
    expect((last as SealedEntry).file).toBe(kept);
    expect(await repairCapture(folder)).toEqual({
      sealed: [],
      empty: [],
      entered: [],
      removed: [],
      lost: [],
      unsettled: [],
    });
  },
);

test('of several whole copies the one that the manifest names stays, else the plain one', () => {
  const whole = (['plain', 'zst', 'gz'] as const).map((form) => ({ form, whole: true }));
  expect(chooseCopy(whole, 'gz')).toEqual({ keep: 'gz', remove: ['plain', 'zst'], enter: false });
  expect(chooseCopy(whole, undefined)).toEqual({ keep: 'plain', remove: ['zst', 'gz'], enter: true });
  expect(chooseCopy([{ form: 'plain', whole: false }], 'plain')).toBeUndefined();
});

test('a sealed segment is not replaced by what a .partial of its name would become', async () => {
  const { folder, segments } = await record({}, 2);
  const path = join(folder, segments[0] ?? '');
  const before = readFileSync(path);
  writeFileSync(`${path}.partial`, before.subarray(0, before.indexOf('\n') + 1), { mode: 0o600 });
  await repairCapture(folder);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a checksum without its file goes, and a file without its checksum gets it', async () => {
  const { folder, segments } = await record({}, 6);
  const [first = '', second = ''] = segments;
  unlinkSync(join(folder, `${first}.sha256`));
  writeFileSync(join(folder, 'run-000777.ndjson.sha256'), `${'0'.repeat(64)}  run-000777.ndjson\n`);
  writeFileSync(join(folder, `${second}.zst.sha256`), `${'0'.repeat(64)}  ${second}.zst\n`);
  writeFileSync(join(folder, 'mine.sha256'), 'mine');
  await repairCapture(folder);
  expect(readdirSync(folder).filter((file) => file.endsWith('.sha256'))).toEqual(
    [...segments.map((file) => `${file}.sha256`), 'mine.sha256'].toSorted(),
  );
  await expectTrue(folder);
});

test.for<[string, string, Buffer]>([
  ['no compressed text', 'zst', Buffer.alloc(0)],
  ['no compressed text', 'gz', Buffer.alloc(0)],
  ['nothing but what is to be skipped', 'zst', skippedFrame(0xffffffff)],
  [
    'what is to be skipped, and then no text',
    'zst',
    Buffer.concat([skippedFrame(4), Buffer.from('skipjunk')]),
  ],
  ['a text, and zeros after it', 'gz', gzipSync('{}\n')],
  ['a text, and zeros after it', 'zst', zstdCompressSync('{}\n')],
])('a file of %s (%s) is left where it shows it, however long it is', async ([, end, beginning]) => {
  const { folder } = await record({}, 1);
  const path = join(folder, `run-000007.ndjson.${end}`);
  writeFileSync(path, beginning, { mode: 0o600 });
  // A terabyte that takes no room.
  truncateSync(path, 2 ** 40);
  const { files, bytes } = countedFiles(path);
  await repairCapture(folder, { files });
  expect(bytes()).toBeLessThan(2 ** 26);
  expect(readdirSync(folder)).toContain(`run-000007.ndjson.${end}`);
});
