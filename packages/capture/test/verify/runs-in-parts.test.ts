import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inspectCapture, openWriter, verifyCapture } from '@feedtape/capture/node';
import type { AccountingPort, VerifyReport } from '@feedtape/capture/node';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../capture-files.ts';

const AT = '2026-11-30T06:00:00.000Z';

/**
 * One run in six segments: connection 0 from the start, connection 1 from the fourth on. On connection 1 the exchange
 * lost the numbers 3 and 4, and a gap record says so.
 */
async function record(folder: string): Promise<readonly string[]> {
  let now = 0;
  const clock = { now: () => now, wallMs: () => Date.UTC(2026, 10, 30) + now };
  const writer = await openWriter({ folder, url: 'wss://example.test', clock, rotate: { ms: 1_000 } });
  const send = (connection: number, number: number): void =>
    writer.frame(connection, Buffer.from(`{"sequence_num":${number}}`), now);
  for (let n = 0; n < 60; n += 1) {
    now = n * 100;
    send(0, n);
    const second = n - 30;
    if (second >= 0) send(1, second < 3 ? second : second + 2);
    if (second === 3) writer.gap({ connection: 1, why: 'sequence', count: 2, from: 3, to: 4 });
    await writer.drained();
  }
  const { segments } = await writer.close();
  return segments;
}

/** Judges as the recorder's sequencer does: from 0, and from there on by what came before. */
function counter(): AccountingPort {
  const next = new Map<number, number>();
  return {
    judge(connection, bytes) {
      const { sequence_num: number } = JSON.parse(Buffer.from(bytes).toString()) as { sequence_num: number };
      const expected = next.get(connection) ?? 0;
      next.set(connection, number + 1);
      if (number === expected) return { kind: 'next' };
      return { kind: 'gap', missing: { from: expected, to: number - 1 }, count: number - expected };
    },
  };
}

const summary = ({ findings }: VerifyReport): string[] =>
  findings.map(({ severity, promise, message }) => `${severity} ${promise} ${message}`);

/** Takes segments out of the folder, and says so in its manifest. */
function takeOut(folder: string, names: readonly string[], entry: (file: string) => object): void {
  for (const file of names) {
    appendFileSync(join(folder, 'manifest.ndjson'), `${JSON.stringify({ ...entry(file), at: AT })}\n`);
    unlinkSync(join(folder, file));
    unlinkSync(join(folder, `${file}.sha256`));
  }
}

const deleted = (file: string): object => ({
  kind: 'deleted',
  file,
  segment: file,
  why: 'more than 2 segments',
});

test.for([
  ['the oldest', [0, 1, 2, 3]],
  ['a segment in the middle', [3]],
  ['the oldest and some in the middle', [0, 2, 4]],
  ['all but the last', [0, 1, 2, 3, 4]],
] as const)('what retention deleted is not missing: %s', async ([, numbers]) => {
  const folder = temporaryFolder();
  const segments = await record(folder);
  expect(segments).toHaveLength(6);
  const whole = await verifyCapture(folder, { accounting: counter() });
  expect(whole).toMatchObject({ ok: true, findings: [], sequence: { missing: 2, connections: 2 } });

  takeOut(
    folder,
    numbers.map((number) => segments[number] ?? ''),
    deleted,
  );
  const report = await verifyCapture(folder, { accounting: counter() });
  expect(summary(report)).toEqual([]);
  // The gap of connection 1 is in the fourth segment.
  const lost = numbers.some((number) => number === 3) ? 0 : 2;
  expect(report.sequence).toMatchObject({ missing: lost, gaps: lost / 2, connections: 2 });
  expect((await inspectCapture(folder, { accounting: counter() })).sequence).toEqual(report.sequence);
});

test('segments named one by one are not reported as a loss', async () => {
  const folder = temporaryFolder();
  const segments = await record(folder);
  const named = [1, 4, 5].map((number) => join(folder, segments[number] ?? ''));
  const report = await verifyCapture(named, { accounting: counter() });
  expect(report).toMatchObject({ ok: true, findings: [], sequence: { missing: 0 } });
});

test('a loss beside segments that are not there is still one', async () => {
  const folder = temporaryFolder();
  const segments = await record(folder);
  unlinkSync(join(folder, segments[2] ?? ''));
  const report = await verifyCapture(folder);
  expect(summary(report)).toEqual([
    expect.stringContaining('broken manifest names'),
    expect.stringContaining('broken chain before it, segments are missing: 2'),
  ]);
});

/** Moves segments to another folder as the two manifests say it. */
function moveAway(folder: string, target: string, names: readonly string[]): void {
  mkdirSync(target);
  const sealed = readFileSync(join(folder, 'manifest.ndjson'), 'utf8').trimEnd().split('\n');
  for (const file of names) {
    const line = sealed.find((each) => each.includes(`"kind":"sealed","file":"${file}"`)) ?? '';
    const received = JSON.stringify({ kind: 'received', file, segment: file, from: folder, at: AT });
    appendFileSync(join(target, 'manifest.ndjson'), `${line}\n${received}\n`);
    const moved = JSON.stringify({ kind: 'moved', file, segment: file, to: target, at: AT });
    appendFileSync(join(folder, 'manifest.ndjson'), `${moved}\n`);
    for (const name of [file, `${file}.sha256`]) renameSync(join(folder, name), join(target, name));
  }
}

test.for([
  ['the oldest', [0, 1, 2]],
  ['some in the middle', [1, 3]],
  ['the newest', [4, 5]],
] as const)('a run of which %s were moved away is whole in each folder and in both', async ([, numbers]) => {
  const above = temporaryFolder();
  const [folder, target] = [join(above, 'captures'), join(above, 'archive')];
  const segments = await record(folder);
  const whole = await verifyCapture(folder, { accounting: counter() });
  moveAway(
    folder,
    target,
    numbers.map((number) => segments[number] ?? ''),
  );
  for (const [one, other] of [
    [folder, target],
    [target, folder],
  ] as const) {
    const report = await verifyCapture(one, { accounting: counter() });
    expect(report.ok).toBe(true);
    for (const line of summary(report))
      expect(line).toMatch(new RegExp(`^note chain .* are in ${other}`, 'u'));
    expect(report.findings).not.toEqual([]);
  }
  for (const both of [
    [folder, target],
    [target, folder],
  ]) {
    expect(await verifyCapture(both, { accounting: counter() })).toEqual(whole);
    expect((await inspectCapture(both)).runs).toMatchObject([{ frames: 90 }]);
  }
});

test('a moved segment that is lost, or changed, is found in the folder that received it', async () => {
  const above = temporaryFolder();
  const [folder, target] = [join(above, 'captures'), join(above, 'archive')];
  const segments = await record(folder);
  moveAway(folder, target, segments.slice(0, 3));
  const [first = '', second = ''] = segments;
  appendFileSync(join(target, first), ' ');
  unlinkSync(join(target, second));
  for (const source of [target, [folder, target]]) {
    const report = await verifyCapture(source);
    expect(summary(report).filter((line) => line.startsWith('broken'))).toEqual(
      expect.arrayContaining([
        expect.stringContaining(`broken manifest names ${second}`),
        expect.stringContaining('broken sidecar'),
        expect.stringContaining('broken chain before it, segments are missing: 1'),
      ]),
    );
  }
});

test('a copy of a folder is another run, not more of the same', async () => {
  const [folder, copy] = [temporaryFolder(), temporaryFolder()];
  await record(folder);
  for (const name of readdirSync(folder)) appendFileSync(join(copy, name), readFileSync(join(folder, name)));
  expect(await verifyCapture([folder, copy])).toMatchObject({ ok: true, runs: 2, segments: 12 });
});
