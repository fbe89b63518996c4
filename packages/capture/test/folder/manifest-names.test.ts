import { appendFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeManifestEntry, parseManifestEntry } from '@feedtape/capture';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import type { Files } from '@feedtape/capture/node';
import { nodeFiles } from '#node/fs/node-file-system';
import { expect, test } from 'vitest';
import { frameLine, headerLine, sealedText, temporaryFolder, writeSealed } from '../capture-files.ts';

const RUN = '20261122T055412Z-00000001';
const PLAIN = `${RUN}-000000.ndjson`;
const SHA = 'a'.repeat(64);
const AT = '2026-11-22T05:54:12.000Z';
const sealed = {
  kind: 'sealed',
  file: PLAIN,
  run: RUN,
  segment: 0,
  bytes: 1,
  lines: 1,
  frames: 0,
  gaps: 0,
  sha256: SHA,
  why: 'close',
  at: AT,
} as const;
const compressed = {
  kind: 'compressed',
  file: `${PLAIN}.zst`,
  from: PLAIN,
  bytes: 1,
  sha256: SHA,
  at: AT,
} as const;
const deleted = { kind: 'deleted', file: `${PLAIN}.zst`, segment: PLAIN, why: 'age', at: AT } as const;

test('a manifest entry comes back as it was written', () => {
  for (const entry of [sealed, compressed, deleted]) {
    expect(parseManifestEntry(new TextDecoder().decode(encodeManifestEntry(entry)))).toEqual(entry);
  }
});

const FOREIGN_NAMES: readonly unknown[] = [
  '../thesis.txt',
  '/etc/passwd',
  `../${PLAIN}`,
  `sub/${PLAIN}`,
  `${PLAIN}/..`,
  'thesis.txt',
  'manifest.ndjson',
  'writer.lock',
  `${PLAIN}.partial`,
  `${PLAIN}.sha256`,
  `${PLAIN}\n`,
  '',
  '.',
  1,
  null,
  {},
  { toString: 1 },
  [PLAIN],
];

test('an entry that names anything but a segment is no entry', () => {
  for (const name of FOREIGN_NAMES) {
    for (const [entry, keys] of [
      [sealed, ['file']],
      [compressed, ['file', 'from']],
      [deleted, ['file', 'segment']],
    ] as const) {
      for (const key of keys) {
        const line = JSON.stringify({ ...entry, [key]: name });
        expect([line, parseManifestEntry(line)]).toEqual([line, undefined]);
      }
    }
  }
});

test('an entry with a value of another type is no entry', () => {
  for (const entry of [sealed, compressed, deleted]) {
    for (const key of Object.keys(entry)) {
      for (const value of [{ toString: 1 }, null, [], -1, 1.5, '']) {
        // Any text is a reason.
        if (key === 'why' && value === '') continue;
        const line = JSON.stringify({ ...entry, [key]: value });
        expect([line, parseManifestEntry(line)]).toEqual([line, undefined]);
      }
    }
  }
  for (const line of ['null', '1', '"sealed"', '[]', '{"kind":{}}']) {
    expect(parseManifestEntry(line)).toBeUndefined();
  }
});

test('an entry about one segment does not name the file of another', () => {
  const other = `${RUN}-000001.ndjson`;
  expect(parseManifestEntry(JSON.stringify({ ...compressed, from: other }))).toBeUndefined();
  expect(parseManifestEntry(JSON.stringify({ ...deleted, segment: other }))).toBeUndefined();
});

test('a manifest that names a file of somebody else moves, compresses and deletes nothing', async () => {
  const parent = temporaryFolder();
  const folder = join(parent, 'captures');
  mkdirSync(folder, { mode: 0o700 });
  const thesis = join(parent, 'thesis.txt');
  const notes = join(folder, 'notes.txt');
  for (const path of [thesis, notes]) writeFileSync(path, 'years of work\n');
  const lines = ['../thesis.txt', 'notes.txt', thesis].map((file) => JSON.stringify({ ...sealed, file }));
  writeFileSync(join(folder, 'manifest.ndjson'), `${lines.join('\n')}\n`);
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    compress: 'gzip',
    retention: { segments: 1, bytes: 1 },
    rotate: { bytes: 300 },
    reserveBytes: 0,
  });
  for (let index = 0; index < 20; index += 1)
    writer.frame(0, new TextEncoder().encode(`{"n":${index}}`), performance.now());
  await writer.close();
  expect(existsSync(thesis)).toBe(true);
  expect(existsSync(notes)).toBe(true);
  expect(readdirSync(parent).toSorted()).toEqual(['captures', 'thesis.txt']);
});

/** Every path that is handed to the file system. */
function watchedPaths(paths: Set<string>): Files {
  const watched = Object.entries(nodeFiles).map(([name, call]) => [
    name,
    (...values: readonly unknown[]): unknown => {
      for (const value of values) if (typeof value === 'string' && value.includes('/')) paths.add(value);
      return (call as (...all: readonly unknown[]) => unknown)(...values);
    },
  ]);
  return Object.fromEntries(watched) as Files;
}

test('nothing is looked for where a manifest says that a segment was moved to', async () => {
  const parent = temporaryFolder();
  const [folder, elsewhere] = [join(parent, 'captures'), join(parent, 'elsewhere')];
  for (const path of [folder, elsewhere]) {
    mkdirSync(path, { mode: 0o700 });
    writeSealed(path, PLAIN, sealedText([headerLine({ run: RUN }), frameLine({ index: 0, ms: 1 })]));
  }
  await repairCapture(folder);
  const moved = { kind: 'moved', file: PLAIN, segment: PLAIN, to: elsewhere, at: AT };
  appendFileSync(join(folder, 'manifest.ndjson'), `${JSON.stringify(moved)}\n`);
  const paths = new Set<string>();
  await repairCapture(folder, { files: watchedPaths(paths) });
  await (await openWriter({ folder, url: 'wss://example.test', files: watchedPaths(paths) })).close();
  expect(paths.size).toBeGreaterThan(3);
  expect([...paths].filter((path) => !path.startsWith(folder))).toEqual([]);
  expect(readdirSync(folder)).toContain(PLAIN);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true });
});

test('only temporaries of our own names are removed at the start', async () => {
  const folder = temporaryFolder();
  const theirs = ['notes.tmp', 'manifest.tmp', `${RUN}.tmp`, `${PLAIN}.bak.tmp`, '.tmp', 'a.ndjson.tmp'];
  const ours = [
    `${PLAIN}.sha256.tmp`,
    `${PLAIN}.torn.tmp`,
    `${PLAIN}.torn.1.tmp`,
    `${PLAIN}.zst.tmp`,
    `${PLAIN}.gz.tmp`,
    `${PLAIN}.zst.sha256.tmp`,
  ];
  for (const name of [...theirs, ...ours]) writeFileSync(join(folder, name), 'text');
  const folders = ['work.tmp', `${RUN}-000001.ndjson.sha256.tmp`];
  for (const name of folders) mkdirSync(join(folder, name));
  const { removed } = await repairCapture(folder);
  expect(removed.toSorted()).toEqual(ours.toSorted());
  expect(readdirSync(folder).toSorted()).toEqual([...theirs, ...folders].toSorted());
});

test.each([
  ['a run', { ...sealed, run: { toString: 1 } }],
  ['a hash', { ...compressed, sha256: { toString: 1 } }],
])('verify names a manifest line with %s that is no text, and ends', async (_, entry) => {
  const folder = temporaryFolder();
  writeSealed(folder, PLAIN, sealedText([headerLine({ run: RUN }), frameLine({ index: 0, ms: 1 })]));
  writeFileSync(join(folder, 'manifest.ndjson'), `${JSON.stringify(entry)}\n`);
  const { findings } = await verifyCapture(folder);
  expect(findings).toContainEqual(
    expect.objectContaining({ promise: 'manifest', line: 1, message: 'not a line of a manifest' }),
  );
});

test.each([
  ['a version', { version: { toString: 1 } }, 'version'],
  ['an origin', { origin: { how: 'edited', from: 5 } }, 'line'],
])('verify names a header with %s that is none, and ends', async (_, overrides, promise) => {
  const folder = temporaryFolder();
  const header = { ...headerLine({ run: RUN }), ...overrides };
  writeFileSync(join(folder, PLAIN), `${JSON.stringify(header)}\n`);
  const { findings } = await verifyCapture(folder);
  expect(findings[0]).toMatchObject({ promise, line: 1 });
});
