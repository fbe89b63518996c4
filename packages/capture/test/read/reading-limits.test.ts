// @module-tag slow

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { encodeRecord, parseRecord } from '@feedtape/capture';
import {
  editCapture,
  inspectCapture,
  openWriter,
  repairCapture,
  verifyCapture,
} from '@feedtape/capture/node';
import { createCoverage } from '#node/inspect/coverage';
import { array, assert, nat, property, record } from 'fast-check';
import { expect, test } from 'vitest';
import { headerLine, sealedText, temporaryFolder, writeSealed } from '../capture-files.ts';
import { HOSTILE_TEXTS, writeHostile } from '../hostile-captures.ts';

/** No command takes more memory than this, whatever it reads. */
const MOST_MB = 1024;

async function hostile(name: string, lines: number): Promise<string> {
  const path = join(temporaryFolder(), 'a.ndjson.zst');
  await writeHostile(path, HOSTILE_TEXTS[name]?.(lines) ?? []);
  expect(statSync(path).size).toBeLessThan(1_500_000);
  return path;
}

test.each(['a connection for each frame', 'a connection for each opening'])(
  '%s: more than 200,000 in a run are refused',
  { timeout: 60_000 },
  async (name) => {
    const path = await hostile(name, 200_001);
    const refused = {
      code: 'CAPTURE_LIMIT',
      message: expect.stringContaining('200000 connections') as string,
    };
    await expect(inspectCapture(path)).rejects.toMatchObject(refused);
    await expect(editCapture(path, `${path}.cut.ndjson`)).rejects.toMatchObject(refused);
    const { ok, findings } = await verifyCapture(path);
    expect(ok).toBe(false);
    expect(findings).toContainEqual(
      expect.objectContaining({ promise: 'readable', message: refused.message }),
    );
  },
);

test.each([
  ['a hole before each frame', 'holes in a run'],
  ['a loss for each line', 'holes in a run'],
])('%s: verify says at half a million that it is too much', { timeout: 60_000 }, async (name, what) => {
  const { findings } = await verifyCapture(await hostile(name, 500_001));
  expect(findings).toContainEqual(
    expect.objectContaining({ promise: 'readable', message: expect.stringContaining(what) as string }),
  );
});

test('events and reasons of gaps beyond a few are counted together', async () => {
  const events = await inspectCapture(await hostile('an event of its own on each line', 40_000));
  const { connections } = events.runs[0] ?? {};
  expect(connections).toHaveLength(1000);
  for (const { events: counts } of connections ?? []) {
    expect(Object.keys(counts).length).toBeLessThanOrEqual(17);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(40);
  }
  const reasons = await inspectCapture(await hostile('a reason of its own for each gap', 2000));
  const { gaps = [] } = reasons.runs[0] ?? {};
  expect(gaps).toHaveLength(101);
  expect(gaps.find(({ why }) => why === 'other')?.records).toBe(1900);
});

test('records that JSON would blow up are not parsed', () => {
  const objects = `[${'{},'.repeat(6_000_000)}{}]`;
  const stamp = '"at":"2026-11-22T05:54:12.000000000Z","mono":0';
  for (const line of [
    `{"kind":"clock","offsetMs":0,${stamp},"x":${objects}}`,
    `{"kind":"frame","connection":0,"index":0,${stamp},"x":${objects},"raw":{}}`,
    `{"kind":"later","x":${objects}}`,
  ]) {
    expect(parseRecord(line)).toMatchObject({ kind: 'corrupt' });
  }
  const header = JSON.stringify({ ...headerLine(), open: Array.from({ length: 100_000 }, (_, n) => n) });
  expect(parseRecord(header)).toMatchObject({ kind: 'corrupt', reason: 'longer than a header may be' });
});

test('a writer takes no text that makes a header too long to be read', async () => {
  const long = 'x'.repeat(5000);
  const folder = temporaryFolder();
  for (const options of [{ url: long }, { url: 'wss://example.test', software: long }]) {
    await expect(openWriter({ folder, ...options })).rejects.toMatchObject({ code: 'CAPTURE_OPTION' });
  }
});

const program = `
import { inspectCapture, verifyCapture } from '@feedtape/capture/node';
for (const path of process.argv.slice(1)) {
  await verifyCapture(path);
  await inspectCapture(path).catch(() => undefined);
}
process.stdout.write(String(process.resourceUsage().maxRSS / 1024));
`;

test(`hostile captures of less than 1.5 MB take less than ${MOST_MB} MB`, { timeout: 120_000 }, async () => {
  const paths: string[] = [];
  for (const [name, lines] of [
    ['a connection for each frame', 201_000],
    ['one line without an end', 250_000],
    ['a record of objects without an end', 900_000],
  ] as const) {
    paths.push(await hostile(name, lines));
  }
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@feedtape/source', '--input-type=module', '--eval', program, ...paths],
    { encoding: 'utf8', cwd: import.meta.dirname },
  );
  expect(stderr).toBe('');
  expect(Number(stdout)).toBeLessThan(MOST_MB);
});

test.each(['repair', 'record'])('%s refuses a .partial with a hole of more than a line', async (how) => {
  const folder = temporaryFolder();
  const path = join(folder, '20261122T055412Z-00000001-000000.ndjson.partial');
  writeFileSync(path, encodeRecord(headerLine()));
  truncateSync(path, 2 ** 40);
  const repaired =
    how === 'repair' ? repairCapture(folder) : openWriter({ folder, url: 'wss://example.test' });
  await expect(repaired).rejects.toMatchObject({ code: 'CAPTURE_LIMIT', details: { path } });
  expect(statSync(path).size).toBe(2 ** 40);
  expect(readdirSync(folder)).toEqual([basename(path)]);
});

test('a signal ends the opening of a writer while it reads what a crash left, which stays', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '20261122T055412Z-00000001-000000.ndjson.partial');
  const left = Buffer.concat([encodeRecord(headerLine()), Buffer.alloc(3_000_000, '\n')]);
  writeFileSync(path, left);
  const options = { folder, url: 'wss://example.test', signal: AbortSignal.abort() };
  await expect(openWriter(options)).rejects.toMatchObject({ name: 'AbortError' });
  expect(readFileSync(path).equals(left)).toBe(true);
  expect(readdirSync(folder)).toEqual([basename(path)]);
});

test('a long torn end that was kept before is not kept twice', async () => {
  const folder = temporaryFolder();
  const partial = Buffer.concat([encodeRecord(headerLine()), Buffer.alloc(3_000_000, 'x')]);
  const name = '20261122T055412Z-00000001-000000.ndjson';
  for (const tail of ['', '', 'y']) {
    await rm(join(folder, name), { force: true });
    writeFileSync(join(folder, `${name}.partial`), Buffer.concat([partial, Buffer.from(tail)]));
    await repairCapture(folder);
  }
  const torn = readdirSync(folder).filter((file) => file.includes('.torn'));
  expect(torn.map((file) => [file, statSync(join(folder, file)).size])).toEqual([
    [`${name}.torn`, 3_000_000],
    [`${name}.torn.1`, 3_000_001],
  ]);
});

test.each(['repair', 'record'])('%s refuses a manifest of a terabyte, and verify names it', async (how) => {
  const folder = temporaryFolder();
  const path = join(folder, 'manifest.ndjson');
  writeFileSync(path, '');
  truncateSync(path, 2 ** 40);
  writeFileSync(join(folder, 'a.ndjson'), encodeRecord(headerLine()));
  const opened = how === 'repair' ? repairCapture(folder) : openWriter({ folder, url: 'wss://example.test' });
  await expect(opened).rejects.toMatchObject({ code: 'CAPTURE_LIMIT', details: { path } });
  const { findings } = await verifyCapture(folder);
  expect(findings).toContainEqual(expect.objectContaining({ promise: 'manifest', file: path }));
});

test('verify names a .partial with a hole beside a good segment, and reads on', async () => {
  const folder = temporaryFolder();
  const run = '20261122T055412Z-00000001';
  const good = sealedText([headerLine({ run })]);
  writeSealed(folder, `${run}-000000.ndjson`, good);
  const partial = join(folder, `${run}-000000.ndjson.partial`);
  writeFileSync(partial, good.bytes);
  truncateSync(partial, 2 ** 40);
  const last = join(folder, 'z.ndjson');
  writeFileSync(last, 'no record\n');
  const { findings } = await verifyCapture(folder);
  expect(findings).toContainEqual(expect.objectContaining({ promise: 'readable', file: partial }));
  expect(findings).toContainEqual(expect.objectContaining({ file: last }));
});

test.runIf(process.platform === 'linux')('of a manifest of a terabyte verify reads nothing', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a.ndjson'), encodeRecord(headerLine()));
  await verifyCapture(folder);
  writeFileSync(join(folder, 'manifest.ndjson'), '');
  truncateSync(join(folder, 'manifest.ndjson'), 2 ** 40);
  const before = bytesRead();
  await verifyCapture(folder);
  expect(bytesRead() - before).toBeLessThan(4_000_000);
});

/** What this process has read from files so far. */
const bytesRead = (): number =>
  Number(/^rchar: (\d+)$/mu.exec(readFileSync('/proc/self/io', 'utf8'))?.[1] ?? Number.NaN);

test('what lies within ranges is counted as one by one', () => {
  const range = record({ from: nat(30), size: nat(10) }).map(({ from, size }) => ({
    from,
    to: from + size - 1,
  }));
  assert(
    property(array(range), range, (others, asked) => {
      let expected = 0;
      for (let number = asked.from; number <= asked.to; number += 1) {
        expected += others.filter(({ from, to }) => from <= number && number <= to).length;
      }
      expect(createCoverage(others)(asked)).toBe(expected);
    }),
  );
});

test('a manifest of nothing but line breaks, and a range without an end, are read at once', async () => {
  const folder = temporaryFolder();
  const run = '20261122T055412Z-00000001';
  writeFileSync(join(folder, `${run}-999999999.ndjson`), encodeRecord(headerLine({ segment: 999_999_999 })));
  const gone = { kind: 'gone', run, from: 0, to: 2 ** 52, how: 'deleted', frames: 1, bytes: 1 };
  const line = JSON.stringify({ ...gone, at: '2026-11-22T05:54:12.000Z' });
  writeFileSync(
    join(folder, 'manifest.ndjson'),
    `${'\n'.repeat(5_000_000)}${line}\n${'['.repeat(100_000)}\n`,
  );
  const started = performance.now();
  const { findings } = await verifyCapture(folder);
  expect(performance.now() - started).toBeLessThan(20_000);
  expect(findings).toContainEqual(expect.objectContaining({ promise: 'manifest', line: 5_000_002 }));
  expect(findings.filter(({ promise }) => promise === 'chain')).toEqual([]);
});
