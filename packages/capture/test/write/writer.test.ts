import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createRecordDecoder, frameBytes } from '@feedtape/capture';
import type { CaptureRecord } from '@feedtape/capture';
import { openWriter } from '@feedtape/capture/node';

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'feedtape-')), 'capture');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const url = 'wss://example.com';

function recordsOf(bytes: Uint8Array): CaptureRecord[] {
  const decoder = createRecordDecoder({ strict: true });
  decoder.push(bytes);
  const records: CaptureRecord[] = [];
  for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
    if (line.kind !== 'record') throw new Error(JSON.stringify(line));
    records.push(line.record);
  }
  expect(decoder.finish()).toBeUndefined();
  return records;
}

test('a run is one sealed, checked segment with every frame in it', async () => {
  const writer = await openWriter({ folder, url });
  writer.connection(0, 'open', { url });
  writer.sent(0, { type: 'subscribe', channel: 'level2', jwt: 'secret' });
  for (let n = 0; n < 1000; n += 1) writer.frame(0, utf8(`{"sequence_num":${n}}`), performance.now());
  writer.frame(1, utf8('not JSON'), performance.now());
  const { segments, frames, dropped } = await writer.close();
  expect({ segments: segments.length, frames, dropped }).toEqual({ segments: 1, frames: 1001, dropped: 0 });
  const file = segments[0] ?? '';
  const bytes = await readFile(join(folder, file));
  const records = recordsOf(bytes);
  expect(records.map(({ kind }) => kind).filter((kind) => kind !== 'frame')).toEqual([
    'header',
    'connection',
    'sent',
    'end',
  ]);
  const texts = records.flatMap((one) =>
    one.kind === 'frame' ? [new TextDecoder().decode(frameBytes(one))] : [],
  );
  expect(texts).toEqual([...Array.from({ length: 1000 }, (_, n) => `{"sequence_num":${n}}`), 'not JSON']);
  expect(bytes.includes('secret')).toBe(false);
  expect(execFileSync('sha256sum', ['-c', `${file}.sha256`], { cwd: folder }).toString()).toBe(
    `${file}: OK\n`,
  );
  expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  expect((await readdir(folder)).toSorted()).toEqual([file, `${file}.sha256`, 'manifest.ndjson']);
});

test('rotation by size loses and repeats nothing', async () => {
  const writer = await openWriter({ folder, url, rotate: { bytes: 20_000 } });
  for (let n = 0; n < 1000; n += 1) writer.frame(0, utf8(`{"sequence_num":${n}}`), performance.now());
  const { segments } = await writer.close();
  expect(segments.length).toBeGreaterThan(5);
  const indices: number[] = [];
  let previous: string | null = null;
  for (const [n, file] of segments.entries()) {
    const records = recordsOf(await readFile(join(folder, file)));
    expect(records[0]).toMatchObject({ kind: 'header', segment: n, previous });
    const end = records.at(-1);
    expect(end).toMatchObject({ kind: 'end', why: n === segments.length - 1 ? 'close' : 'rotate' });
    if (end?.kind === 'end') previous = end.sha256;
    for (const record of records) if (record.kind === 'frame') indices.push(record.index);
  }
  expect(indices).toEqual(Array.from({ length: 1000 }, (_, n) => n));
});

test('a second writer is refused while the first holds the folder', async () => {
  const writer = await openWriter({ folder, url });
  await expect(openWriter({ folder, url })).rejects.toMatchObject({ code: 'CAPTURE_LOCKED' });
  await writer.close();
  const again = await openWriter({ folder, url });
  await again.close();
});
