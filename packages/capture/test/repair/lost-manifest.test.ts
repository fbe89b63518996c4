import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseManifestEntry } from '@feedtape/capture';
import type { ManifestEntry } from '@feedtape/capture';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import type { Files } from '@feedtape/capture/node';
import { nodeFiles } from '#node/fs/node-file-system';
import { expectTrue, frame, record, url } from '../read/small-segments.ts';

/** A run of which retention has deleted all but the last four segments, in a folder whose manifest is `left`. */
async function trimmed(left: 'deleted' | 'empty'): Promise<{ folder: string; manifest: string }> {
  const { folder } = await record({ retention: { segments: 4 } }, 20);
  const manifest = join(folder, 'manifest.ndjson');
  if (left === 'deleted') unlinkSync(manifest);
  else writeFileSync(manifest, '', { mode: 0o600 });
  return { folder, manifest };
}

const lostIn = (manifest: string): readonly ManifestEntry[] =>
  readFileSync(manifest, 'utf8')
    .split('\n')
    .flatMap((line) => parseManifestEntry(line) ?? [])
    .filter(({ kind }) => kind === 'lost');

const REPAIRS = {
  repair: (folder: string) => repairCapture(folder),
  'the next recording': async (folder: string) => {
    const writer = await openWriter({ folder, url, run: 'second' });
    writer.frame(0, frame, performance.now());
    await writer.close();
  },
} as const;

for (const left of ['deleted', 'empty'] as const) {
  test.for(Object.entries(REPAIRS))(
    `a manifest that was ${left} after segments went is made anew by %s, which notes once what is not there`,
    async ([, mend]) => {
      const { folder, manifest } = await trimmed(left);
      const before = await verifyCapture(folder);
      const hint = before.findings.find(({ promise }) => promise === 'chain');
      expect(before.ok).toBe(false);
      expect(hint?.message).toMatch(/segments are missing: 0, 1.*no manifest says why: `repair` notes/u);
      await mend(folder);
      const { ok, findings } = await verifyCapture(folder);
      expect({ ok, findings }).toMatchObject({
        ok: true,
        findings: [{ severity: 'note', promise: 'chain', message: expect.stringContaining('made anew') }],
      });
      expect(lostIn(manifest)).toMatchObject([{ kind: 'lost', run: 'run', from: 0 }]);
      expect((await repairCapture(folder)).lost).toEqual([]);
      expect(lostIn(manifest)).toHaveLength(1);
    },
  );
}

test('segments missing from a run that the manifest knows stay a violation', async () => {
  const { folder, segments } = await record({}, 12);
  for (const ending of ['', '.sha256']) unlinkSync(join(folder, `${segments[2]}${ending}`));
  expect((await repairCapture(folder)).lost).toEqual([]);
  expect(await verifyCapture(folder)).toMatchObject({ ok: false });
});

test('a rewritten manifest keeps the lost ranges', async () => {
  const { folder, manifest } = await trimmed('deleted');
  await repairCapture(folder);
  const spent = `${JSON.stringify({ kind: 'lost', run: 'old', from: 0, to: 1, at: '2026-11-30T06:00:00.000Z' })}\n`;
  const sealed = readFileSync(manifest, 'utf8').split('\n')[0] ?? '';
  // Lines that nobody needs, so many that they go.
  writeFileSync(manifest, `${spent}${`${sealed}\n`.repeat(1_100)}`, { flag: 'a' });
  await repairCapture(folder);
  expect(readFileSync(manifest, 'utf8').split('\n').length).toBeLessThan(20);
  expect(lostIn(manifest)).toMatchObject([{ run: 'run' }, { run: 'old' }]);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true });
});

test('a start that reads many segments to make a manifest anew ends with the next file when it is told to stop', async () => {
  const { folder, segments } = await record({}, 20);
  unlinkSync(join(folder, 'manifest.ndjson'));
  const stop = new AbortController();
  const opened: string[] = [];
  const files: Files = {
    ...nodeFiles,
    async open(path, flags, mode) {
      if (flags === 'r' && path.endsWith('.ndjson') && opened.push(path) === 3)
        stop.abort(new Error('stopped'));
      return await nodeFiles.open(path, flags, mode);
    },
  };
  const opening = openWriter({ folder, url, run: 'second', files, signal: stop.signal });
  await expect(opening).rejects.toThrow('stopped');
  expect(segments.length).toBeGreaterThan(6);
  expect(opened.length).toBe(3);
  await repairCapture(folder);
  await expectTrue(folder);
});
