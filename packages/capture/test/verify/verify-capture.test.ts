import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  readFileSync,
  readdirSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { encodeRecord, parseManifestEntry } from '@feedtape/capture';
import type { CaptureRecord, SealedEntry } from '@feedtape/capture';
import { openWriter, verifyCapture } from '@feedtape/capture/node';
import type { AccountingPort, VerifyReport } from '@feedtape/capture/node';
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

const encoder = new TextEncoder();

/** A capture of the writer's own: three connections in turn, rotated every few frames. */
async function record(folder: string, frames = 60): Promise<string> {
  let ms = 0;
  const clock = { now: () => ms, wallMs: () => 1_795_240_452_123 + ms };
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    fsync: 'always',
    rotate: { bytes: 2000 },
    clock,
  });
  writer.connection(0, 'open', { url: 'wss://example.test' });
  writer.sent(0, { type: 'subscribe', channel: 'heartbeats' });
  for (let n = 0; n < frames; n += 1) {
    ms += 10;
    writer.frame(n % 3, encoder.encode(`{"channel":"heartbeats","sequence_num":${Math.floor(n / 3)}}`), ms);
    if (n % 7 === 0) await writer.drained();
  }
  await writer.close();
  return writer.run;
}

const segmentsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^\d.*\.ndjson$/u.test(name))
    .toSorted();

/** Leaves nothing but the segments. */
function removeCompanions(folder: string): void {
  const names = readdirSync(folder).filter((name) => name === 'manifest.ndjson' || name.endsWith('.sha256'));
  for (const name of names) unlinkSync(join(folder, name));
}

const summary = ({ findings }: VerifyReport): string[] =>
  findings.map(
    ({ severity, promise, line }) => `${severity} ${promise}${line === undefined ? '' : ` line ${line}`}`,
  );

const brokenPromises = ({ findings }: VerifyReport): string[] => [
  ...new Set(findings.filter(({ severity }) => severity === 'broken').map(({ promise }) => promise)),
];

test('a good capture of the writer verifies, and the report says what is in it', async () => {
  const folder = temporaryFolder();
  await record(folder);
  const report = await verifyCapture(folder);
  expect(summary(report)).toEqual([]);
  expect(report).toMatchObject({ ok: true, broken: 0, runs: 1, frames: 60, gaps: 0 });
  expect(report.segments).toBeGreaterThan(3);
});

const NO_SHA256SUM = spawnSync('sha256sum', ['--version']).status === 0 ? undefined : 'no sha256sum here';

test.skipIf(NO_SHA256SUM !== undefined)(
  `sha256sum alone verifies the sealed segments${NO_SHA256SUM === undefined ? '' : ` (skipped: ${NO_SHA256SUM})`}`,
  async () => {
    const folder = temporaryFolder();
    await record(folder);
    const check = (): number | null =>
      spawnSync('sh', ['-c', 'sha256sum --strict -c *.sha256'], { cwd: folder }).status;
    expect(check()).toBe(0);
    appendFileSync(join(folder, segmentsIn(folder)[1] ?? ''), ' ');
    expect(check()).not.toBe(0);
  },
);

test('a missing, swapped, duplicated or truncated segment is found', async () => {
  const damage: Record<string, (folder: string, names: string[]) => void> = {
    'the first is missing': (folder, [first = '']) => unlinkSync(join(folder, first)),
    'one in the middle is missing': (folder, [, second = '']) => unlinkSync(join(folder, second)),
    'the last is missing': (folder, names) => unlinkSync(join(folder, names.at(-1) ?? '')),
    'two are swapped': (folder, [first = '', second = '']) => {
      renameSync(join(folder, first), join(folder, 'swap'));
      renameSync(join(folder, second), join(folder, first));
      renameSync(join(folder, 'swap'), join(folder, second));
    },
    'one is there twice': (folder, names) => {
      const next = (names[0] ?? '').replace('000000', String(names.length).padStart(6, '0'));
      copyFileSync(join(folder, names.at(-1) ?? ''), join(folder, next));
    },
    'one is cut off': (folder, [, second = '']) => {
      const path = join(folder, second);
      writeFileSync(path, readFileSync(path).subarray(0, -60));
    },
    'one is cut off at a line': (folder, [, second = '']) => {
      const path = join(folder, second);
      const text = readFileSync(path, 'utf8');
      writeFileSync(path, text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1));
    },
    'one is empty': (folder, [, second = '']) => writeFileSync(join(folder, second), ''),
  };
  for (const [name, inflict] of Object.entries(damage)) {
    for (const withManifest of [true, false]) {
      const folder = temporaryFolder();
      await record(folder);
      if (!withManifest) removeCompanions(folder);
      inflict(folder, segmentsIn(folder));
      const report = await verifyCapture(folder);
      // Without a manifest nothing can tell that a run went on for longer than what is there, unless the
      // last segment says that it was rotated.
      expect({ name, withManifest, ok: report.ok }).toEqual({ name, withManifest, ok: false });
    }
  }
});

test('bytes after the end, and a last line without its newline, are found', async () => {
  for (const [tail, promise] of [
    ['\n', 'end'],
    ['{"kind":"later"}\n', 'end'],
    ['x', 'end'],
    ['\0'.repeat(512), 'end'],
  ] as const) {
    const path = writeSealed(
      temporaryFolder(),
      'x.ndjson',
      sealedText([headerLine(), frameLine({ index: 0, ms: 1 })]),
    );
    expect(await verifyCapture(path)).toMatchObject({ ok: true });
    unlinkSync(`${path}.sha256`);
    appendFileSync(path, tail);
    expect(brokenPromises(await verifyCapture(path))).toEqual([promise]);
  }
});

test('a finding names the file, the line, the bytes and the promise', async () => {
  const frames = [0, 1, 2, 3].map((index) => frameLine({ index, ms: index }));
  const records = [headerLine(), ...frames.slice(0, 2), CHECKPOINT, ...frames.slice(2), CHECKPOINT];
  const { bytes } = sealedText(records);
  const path = join(temporaryFolder(), 'x.ndjson');
  const lines = bytes.toString().split('\n');
  const before = lines.slice(0, 4).join('\n').length + 1;
  const checkpointBefore = lines.slice(0, 3).join('\n').length + 1;
  // The fifth line is the third frame: its payload stays JSON, so that only a hash can tell.
  writeFileSync(path, bytes.toString().replace('"sequence_num":2', '"sequence_num":7'));
  const report = await verifyCapture(path);
  const to = before + lines.slice(4, 6).join('\n').length + 1;
  expect(report.findings).toEqual([
    expect.objectContaining({
      severity: 'broken',
      promise: 'checkpoint',
      file: path,
      from: checkpointBefore,
      to,
    }),
  ]);
  writeFileSync(path, bytes.toString().replace('"sequence_num":2', '"sequence_num":,'));
  expect((await verifyCapture(path)).findings).toContainEqual(
    expect.objectContaining({
      promise: 'line',
      line: 5,
      from: before,
      to: before + (lines[4]?.length ?? 0) + 1,
    }),
  );
});

test('time running backwards, holes, repeated frames and wrong counts are found', async () => {
  const cases: readonly [promise: string, records: CaptureRecord[]][] = [
    ['mono', [frameLine({ index: 0, ms: 5 }), frameLine({ index: 1, ms: 4 })]],
    ['index', [frameLine({ index: 0, ms: 1 }), frameLine({ index: 2, ms: 2 })]],
    ['index', [frameLine({ index: 1, ms: 1 })]],
    ['index', [frameLine({ index: 0, ms: 1 }), frameLine({ index: 0, ms: 2 })]],
    ['header', [headerLine(), frameLine({ index: 0, ms: 1 })]],
  ];
  for (const [promise, records] of cases) {
    const path = writeSealed(temporaryFolder(), 'x.ndjson', sealedText([headerLine(), ...records]));
    expect(brokenPromises(await verifyCapture(path))).toEqual([promise]);
  }
  const path = writeSealed(temporaryFolder(), 'x.ndjson', sealedText([frameLine({ index: 0, ms: 1 })]));
  expect(brokenPromises(await verifyCapture(path))).toEqual(['header']);
});

const verifyRecords = async (...records: CaptureRecord[]): Promise<string[]> =>
  brokenPromises(
    await verifyCapture(writeSealed(temporaryFolder(), 'x.ndjson', sealedText([headerLine(), ...records]))),
  );

test('an end, or a checkpoint, that counts something else is found', async () => {
  const records = [headerLine(), frameLine({ index: 0, ms: 1 }), CHECKPOINT, frameLine({ index: 1, ms: 2 })];
  const text = sealedText(records).bytes.toString();
  const lines = text.split('\n');
  const verify = async (line: number, from: RegExp, to: string): Promise<string[]> => {
    const path = join(temporaryFolder(), 'x.ndjson');
    const changed = lines.map((each, n) => (n === line ? each.replace(from, to) : each));
    writeFileSync(path, changed.join('\n'));
    return brokenPromises(await verifyCapture(path));
  };
  for (const key of ['offset', 'lines', 'frames', 'gaps']) {
    expect(await verify(4, new RegExp(`"${key}":\\d+`, 'u'), `"${key}":7`)).toEqual(['end']);
  }
  expect(await verify(2, /"lines":2/u, '"lines":3')).toContain('checkpoint');
});

test('a segment that names another one before it is found', async () => {
  const folder = temporaryFolder();
  const run = '20261122T055412Z-00000001';
  const first = sealedText([headerLine({ run }), frameLine({ index: 0, ms: 1 })], 'rotate');
  const second = (previous: string): SealedText =>
    sealedText([headerLine({ run, segment: 1, previous }), frameLine({ index: 1, ms: 2 })]);
  writeSealed(folder, `${run}-000000.ndjson`, first);
  writeSealed(folder, `${run}-000001.ndjson`, second(first.endSha256));
  expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [] });
  writeSealed(folder, `${run}-000001.ndjson`, second('0'.repeat(64)));
  expect(brokenPromises(await verifyCapture(folder))).toEqual(['chain']);
});

test('a hole that a gap record states is no finding; one that is stated and not there is', async () => {
  const [zero, one, four] = [
    frameLine({ index: 0, ms: 1 }),
    frameLine({ index: 1, ms: 2 }),
    frameLine({ index: 4, ms: 4 }),
  ];
  expect(await verifyRecords(zero, one, gapLine('backpressure', 2, 3, 3), four)).toEqual([]);
  expect(await verifyRecords(zero, one, gapLine('backpressure', 2, 9, 3))).toEqual([]);
  expect(await verifyRecords(zero, one, gapLine('backpressure', 2, 2, 3), four)).toEqual(['index']);
  expect(await verifyRecords(zero, gapLine('backpressure', 2, 3, 1), one)).toEqual([]);
  expect(await verifyRecords(zero, gapLine('backpressure', 1, 1, 1), one)).toEqual(['index']);
});

test('an unknown version is named, and the rest of the file is left alone', async () => {
  const path = join(temporaryFolder(), 'x.ndjson');
  writeFileSync(path, '{"kind":"header","version":2,"new":true}\n{"what":"ever"}\n');
  expect(summary(await verifyCapture(path))).toEqual(['broken version line 1']);
});

test('an unsealed file of a crash gives advice, not an error, and its contents are checked', async () => {
  const folder = temporaryFolder();
  await record(folder);
  const last = segmentsIn(folder).at(-1) ?? '';
  const partial = join(folder, `${last.replace(/\d{6}\.ndjson$/u, '000999.ndjson')}.partial`);
  const run = last.slice(0, -'-000000.ndjson'.length);
  const lines = [headerLine({ run, segment: 999 }), frameLine({ connection: 9, index: 0, ms: 9e6 })];
  const text = Buffer.concat(lines.map((line) => Buffer.from(encodeRecord(line))));
  writeFileSync(partial, text.subarray(0, -10));
  const report = await verifyCapture(partial);
  expect(report.ok).toBe(true);
  expect(summary(report)).toEqual(['advice sealed']);
  expect(report.findings[0]?.message).toContain('repair');
  writeFileSync(partial, Buffer.concat([text, Buffer.from('garbage\n')]));
  expect(brokenPromises(await verifyCapture(partial))).toEqual(['line']);
});

test('a folder that is being recorded to verifies, with the note that it is being written', async () => {
  const folder = temporaryFolder();
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    fsync: 'always',
    rotate: { bytes: 2000 },
  });
  for (let n = 0; n < 40; n += 1) {
    writer.frame(0, encoder.encode(`{"sequence_num":${n}}`), performance.now());
    await writer.drained();
  }
  const report = await verifyCapture(folder);
  await writer.close();
  expect(report.ok).toBe(true);
  expect(new Set(summary(report))).toEqual(new Set(['note sealed']));
  expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [], frames: 40 });
});

test('compressed segments verify like plain ones; damage to the compressed bytes is found', async () => {
  for (const [ending, compress] of [
    ['zst', zstdCompressSync],
    ['gz', gzipSync],
  ] as const) {
    const folder = temporaryFolder();
    const plain = writeSealed(folder, 'x.ndjson', sealedText([headerLine(), frameLine({ index: 0, ms: 1 })]));
    const path = `${plain}.${ending}`;
    writeFileSync(path, compress(readFileSync(plain)));
    unlinkSync(`${plain}.sha256`);
    // Both copies: advice, as a compression may have been interrupted.
    expect(summary(await verifyCapture(folder))).toEqual(['advice copy']);
    unlinkSync(plain);
    expect(await verifyCapture(folder)).toMatchObject({ ok: true, frames: 1 });
    const whole = readFileSync(path);
    writeFileSync(path, whole.subarray(0, -12));
    expect((await verifyCapture(folder)).ok).toBe(false);
    whole.writeUInt8(whole.readUInt8(30) ^ 4, 30);
    writeFileSync(path, whole);
    expect((await verifyCapture(folder)).ok).toBe(false);
  }
});

test('copies that differ are found', async () => {
  const folder = temporaryFolder();
  writeSealed(folder, 'x.ndjson', sealedText([headerLine(), frameLine({ index: 0, ms: 1 })]));
  writeFileSync(join(folder, 'x.ndjson.zst'), zstdCompressSync(sealedText([headerLine()]).bytes));
  expect(brokenPromises(await verifyCapture(folder))).toEqual(['copy']);
});

test('a manifest that contradicts the files, or names absent ones, is found', async () => {
  const folder = temporaryFolder();
  await record(folder);
  const path = join(folder, 'manifest.ndjson');
  const text = readFileSync(path, 'utf8');
  const [entry] = text.split('\n').map(parseManifestEntry);
  writeFileSync(path, text.replace('"frames":', '"frames":9'));
  expect(brokenPromises(await verifyCapture(folder))).toEqual(['manifest']);
  writeFileSync(path, `${text}${JSON.stringify({ ...entry, file: 'other-000000.ndjson' })}\n`);
  expect(brokenPromises(await verifyCapture(folder))).toEqual(['manifest']);
  writeFileSync(path, `${text}{"kind":"sealed","fi`);
  expect(summary(await verifyCapture(folder))).toEqual([`advice manifest line ${text.split('\n').length}`]);
  writeFileSync(path, text.split('\n').slice(1).join('\n'));
  expect(brokenPromises(await verifyCapture(folder))).toEqual(['manifest']);
});

test('segments deleted by the retention policy are not missing', async () => {
  const folder = temporaryFolder();
  await record(folder);
  const [first = '', second = ''] = segmentsIn(folder);
  for (const file of [first, second]) {
    unlinkSync(join(folder, file));
    unlinkSync(join(folder, `${file}.sha256`));
    const entry = { kind: 'deleted', file, segment: file, why: 'retention', at: '2026-11-22T06:00:00.000Z' };
    appendFileSync(join(folder, 'manifest.ndjson'), `${JSON.stringify(entry)}\n`);
  }
  expect(summary(await verifyCapture(folder))).toEqual([]);
});

test('segments that were moved away, or whose lines were summed up, are not missing', async () => {
  const folder = temporaryFolder();
  await record(folder);
  const [first = '', second = ''] = segmentsIn(folder);
  for (const file of [first, second]) {
    unlinkSync(join(folder, file));
    unlinkSync(join(folder, `${file}.sha256`));
  }
  const path = join(folder, 'manifest.ndjson');
  const at = '2026-11-30T06:00:00.000Z';
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const moved = [first, second].map((file) => ({ kind: 'moved', file, segment: file, to: '/archive', at }));
  writeFileSync(path, `${[...lines, ...moved.map((entry) => JSON.stringify(entry))].join('\n')}\n`);
  expect(summary(await verifyCapture(folder))).toEqual(['note chain']);
  const { run, segment } = JSON.parse(lines[1] ?? '') as SealedEntry;
  const gone = { kind: 'gone', run, from: 0, to: segment, how: 'moved', frames: 2, bytes: 2, at };
  writeFileSync(path, `${[JSON.stringify(gone), ...lines.slice(2)].join('\n')}\n`);
  expect(summary(await verifyCapture(folder))).toEqual([]);
  writeFileSync(path, `${lines.slice(2).join('\n')}\n`);
  expect(summary(await verifyCapture(folder))).not.toEqual([]);
});

/** Numbers as the feed has them: one counter a connection, from 0. */
function counter(): AccountingPort {
  const next = new Map<string, number>();
  return {
    judge(connection, bytes, run) {
      const { sequence_num: number } = JSON.parse(Buffer.from(bytes).toString()) as { sequence_num?: number };
      if (number === undefined) return undefined;
      const expected = next.get(`${run} ${connection}`) ?? 0;
      next.set(`${run} ${connection}`, Math.max(expected, number + 1));
      if (number === expected) return { kind: 'next' };
      if (number < expected) return { kind: 'duplicate' };
      return { kind: 'gap', missing: { from: expected, to: number - 1 }, count: number - expected };
    },
  };
}

async function verifyNumbers(records: readonly CaptureRecord[], origin = false): Promise<VerifyReport> {
  const header = headerLine(origin ? { origin: { how: 'edited', from: ['x'] } } : {});
  const folder = temporaryFolder();
  return verifyCapture(writeSealed(folder, 'x.ndjson', sealedText([header, ...records])), {
    accounting: counter(),
  });
}

const numbered = (index: number, sequence: number): CaptureRecord =>
  frameLine({ index, ms: index, text: `{"channel":"heartbeats","sequence_num":${sequence}}` });

test('recorded sequence gaps must be those that the frames show', async () => {
  const lossy = [numbered(0, 0), numbered(1, 1), numbered(2, 5)];
  expect(await verifyNumbers([...lossy, gapLine('sequence', 2, 4, 2)])).toMatchObject({
    ok: true,
    sequence: { numbered: 3, gaps: 1, missing: 3, duplicates: 0 },
  });
  expect(
    await verifyNumbers([numbered(0, 0), numbered(1, 1), gapLine('sequence', 2, 4, 1), numbered(2, 5)]),
  ).toMatchObject({
    ok: true,
  });
  expect(summary(await verifyNumbers(lossy))).toEqual(['broken sequence line 4']);
  expect(summary(await verifyNumbers([...lossy, gapLine('sequence', 2, 3, 2)]))).toEqual([
    'broken sequence line 4',
    'broken sequence line 5',
  ]);
  expect(
    summary(await verifyNumbers([numbered(0, 0), gapLine('sequence', 1, 1, 0), numbered(1, 1)])),
  ).toEqual(['broken sequence line 3']);
  // Cutting frames out opens gaps that nobody noted at the time.
  expect(await verifyNumbers(lossy, true)).toMatchObject({ ok: true, sequence: { gaps: 1 } });
});

test('an absent capture is an error, not a report', async () => {
  await expect(verifyCapture('/nowhere/at/all')).rejects.toMatchObject({ code: 'CAPTURE_NOT_FOUND' });
  await expect(verifyCapture(temporaryFolder())).rejects.toMatchObject({ code: 'CAPTURE_EMPTY' });
});
