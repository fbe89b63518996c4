import { createHash } from 'node:crypto';
import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { frames, importFrames, openCapture, verifyCapture } from '@feedtape/capture/node';
import type { ImportOptions } from '@feedtape/capture/node';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../capture-files.ts';

const published = new URL('../../../protocol/test/frames/', import.meta.url);
const TSV = new URL('btc-eth-level2-trades-heartbeats.2026-09-30.tsv', published).pathname;
const SOURCE = 'https://github.com/ziyangliu-666/FastMM';

test('the published frames of 2026-09-30 become a verified capture, byte for byte', async () => {
  const to = join(temporaryFolder(), 'btc-eth.ndjson');
  const startedAt = '2026-09-30T02:39:53.7Z';
  const made = await importFrames(TSV, to, {
    source: SOURCE,
    startedAt,
    url: 'wss://advanced-trade-ws.coinbase.com',
  });
  expect(made).toMatchObject({ path: to, frames: 34, lines: 35 });
  expect(await verifyCapture(to)).toMatchObject({ ok: true, frames: 34, findings: [] });

  const rows = readFileSync(TSV, 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => row.split('\t'));
  const first = BigInt(rows[0]?.[0] ?? '');
  let at = 0;
  for await (const frame of frames(to)) {
    const [time = '', text] = rows[at] ?? [];
    expect(frame.text()).toBe(text);
    expect(BigInt(frame.mono)).toBe(BigInt(time) - first);
    at += 1;
  }
  expect(at).toBe(34);
  const header = (await openCapture(to)[Symbol.asyncIterator]().next()).value as unknown;
  const sha256 = createHash('sha256').update(readFileSync(TSV)).digest('hex');
  expect(header).toMatchObject({
    at: '2026-09-30T02:39:53.700000000Z',
    origin: {
      how: 'imported',
      note: SOURCE,
      from: [`btc-eth-level2-trades-heartbeats.2026-09-30.tsv sha256:${sha256}`],
    },
  });
});

test('the same file gives the same capture', async () => {
  const folder = temporaryFolder();
  const options = { source: SOURCE };
  const [a, b] = [
    await importFrames(TSV, join(folder, 'a.ndjson'), options),
    await importFrames(TSV, join(folder, 'b.ndjson'), options),
  ];
  expect(a.sha256).toBe(b.sha256);
});

async function imported(
  name: string,
  content: string | Uint8Array,
  options: Partial<ImportOptions> = {},
): Promise<string[]> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), content);
  const to = join(folder, 'out.ndjson');
  await importFrames(join(folder, name), to, { source: 'a test', ...options });
  expect(await verifyCapture(to)).toMatchObject({ ok: true });
  const read: string[] = [];
  for await (const frame of frames(to)) read.push(`${frame.at.slice(11)} ${frame.mono} ${frame.text()}`);
  return read;
}

test('NDJSON of raw frames, without times or spaced out', async () => {
  const text = '{"n":1}\r\n\n{"n":2}';
  expect(await imported('x.ndjson', text)).toEqual([
    '00:00:00.000000000Z 0 {"n":1}',
    '00:00:00.000000000Z 0 {"n":2}',
  ]);
  expect(await imported('x.ndjson', text, { spacingMs: 0.5, startedAt: '2026-11-22T05:54:12Z' })).toEqual([
    '05:54:12.000000000Z 0 {"n":1}',
    '05:54:12.000500000Z 500000 {"n":2}',
  ]);
  expect(await imported('x.ndjson.gz', gzipSync(text))).toHaveLength(2);
});

test('NDJSON of objects that hold the frame, as JSON or as text', async () => {
  const lines = ['{"a": [1, "x"], "frame" : {"n":1.50} , "b":2}', String.raw`{"frame":"{\"n\":2}"}`].join(
    '\n',
  );
  expect(
    (await imported('x.ndjson', lines, { frameKey: 'frame' })).map((line) => line.split(' ').at(-1)),
  ).toEqual(['{"n":1.50}', '{"n":2}']);
});

const unix = (unit: NonNullable<ImportOptions['unit']>, ...times: string[]): Promise<string[]> =>
  imported('x.tsv', times.map((time) => `${time}\t{}\n`).join(''), { clock: 'unix', unit });

test('unix times in any unit', async () => {
  const expected = ['05:54:12.500000000Z 0 {}', '05:54:12.750000000Z 250000000 {}'];
  const seconds = Date.UTC(2026, 10, 22, 5, 54, 12) / 1000;
  expect(await unix('s', `${seconds}.5`, `${seconds}.75`)).toEqual(expected);
  expect(await unix('ms', `${seconds}500`, `${seconds}750.0`)).toEqual(expected);
  expect(await unix('us', `${seconds}500000`, `${seconds}750000`)).toEqual(expected);
  expect(await unix('ns', `${seconds}500000000`, `${seconds}750000000`)).toEqual(expected);
  // The clock stepped back: what it said is kept, monotonic time stands still.
  expect(await unix('s', `${seconds}.5`, `${seconds}`)).toEqual([expected[0], '05:54:12.000000000Z 0 {}']);
});

const refused = (name: string, content: string, options: Partial<ImportOptions> = {}): Promise<unknown> =>
  imported(name, content, options).then(
    () => 'no error',
    (error: unknown) => error,
  );

test('a file that is not of the format is refused with the line', async () => {
  expect(await refused('x.tsv', '1\t{}\n{}\n')).toMatchObject({
    code: 'CAPTURE_CORRUPT',
    details: { line: 2, offset: 5 },
  });
  expect(await refused('x.ndjson', '{"frame":1}\n{"other":2}\n', { frameKey: 'frame' })).toMatchObject({
    code: 'CAPTURE_CORRUPT',
  });
  expect(await refused('x.ndjson', '\n')).toMatchObject({ code: 'CAPTURE_EMPTY' });
  expect(await refused('x.tsv', '1795240452123456789\t{}\n', { clock: 'unix', unit: 's' })).toMatchObject({
    code: 'CAPTURE_OPTION',
  });
  await expect(
    importFrames(join(temporaryFolder(), 'none'), join(temporaryFolder(), 'x'), { source: 'x' }),
  ).rejects.toMatchObject({
    code: 'CAPTURE_IO',
  });
});

test('a file in which nothing is a JSON object is refused, and nothing is left of the attempt', async () => {
  const folder = temporaryFolder();
  const from = join(folder, 'notes.md');
  writeFileSync(from, '# Notes\n\nNot a frame, whatever else.\n');
  const to = join(folder, 'notes.ndjson');
  const details = { option: 'format', reason: `none of the 2 lines of ${from} holds a JSON object` };
  await expect(importFrames(from, to, { source: SOURCE })).rejects.toMatchObject({ details });
  expect(existsSync(to)).toBe(false);
});

test.each([
  ['a.ndjson', (text: string) => text],
  ['a.tsv', (text: string) => `1\t${text}`],
  ['a.ndjson.gz', gzipSync],
  ['a.ndjson.zst', zstdCompressSync],
  ['empty.ndjson', () => ''],
])(
  '%s with a hole of a terabyte is refused without reading it',
  { timeout: 90_000 },
  async (name, encode) => {
    const folder = temporaryFolder();
    const path = join(folder, name);
    writeFileSync(path, encode('{"channel":"heartbeats"}\n'));
    truncateSync(path, 2 ** 40);
    // Only ends a reading that goes on: a terabyte takes ten minutes and more.
    const options = { source: SOURCE, signal: AbortSignal.timeout(60_000) };
    await expect(importFrames(path, join(folder, 'out.ndjson'), options)).rejects.toMatchObject({
      code: 'CAPTURE_LIMIT',
      details: { path },
    });
  },
);
