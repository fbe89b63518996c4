import { createHash } from 'node:crypto';
import { mkdir, open, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encodeRecord } from '../record-encoder.ts';
import type { CaptureRecord } from '../records.ts';
import { ioError } from './files.ts';
import { makeFolder } from './folders.ts';

const WRITE_BYTES = 256 * 1024;

/** A capture that was made out of something else: one sealed segment in one file. */
export interface DerivedCapture {
  readonly path: string;
  readonly run: string;
  /** Without the `end`. */
  readonly lines: number;
  readonly frames: number;
  readonly gaps: number;
  readonly bytes: number;
  /** Of the whole file. */
  readonly sha256: string;
}

/**
 * Writes records, the first of which is a header, as a sealed segment. Nothing that exists is overwritten,
 * and nothing is left when it fails.
 */
export async function writeDerivedFile(
  path: string,
  records: AsyncIterable<CaptureRecord>,
): Promise<DerivedCapture> {
  const handle = await openNew(path);
  try {
    const derived = await writeRecords(handle, path, records);
    await handle.datasync();
    await handle.close();
    return derived;
  } catch (error) {
    await handle.close();
    await unlink(path);
    throw error;
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    await makeFolder({ mkdir, stat }, dirname(path));
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw ioError('open', path, error);
  }
}

async function writeRecords(
  handle: FileHandle,
  path: string,
  records: AsyncIterable<CaptureRecord>,
): Promise<DerivedCapture> {
  const hash = createHash('sha256');
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let offset = 0;
  let lines = 0;
  let frames = 0;
  let gaps = 0;
  let run = '';

  async function flush(): Promise<void> {
    const bytes = Buffer.concat(waiting);
    // `writeFile` on a handle writes on from where it is, all of it.
    await handle.writeFile(bytes);
    waiting = [];
    waitingBytes = 0;
  }

  async function add(record: CaptureRecord): Promise<void> {
    const line = encodeRecord(record);
    hash.update(line);
    offset += line.length;
    waiting.push(line);
    waitingBytes += line.length;
    if (waitingBytes >= WRITE_BYTES) await flush();
  }

  for await (const record of records) {
    if (record.kind === 'header') run = record.run;
    if (record.kind === 'frame') frames += 1;
    if (record.kind === 'gap') gaps += 1;
    lines += 1;
    await add(record);
  }
  const sha256 = hash.copy().digest('hex');
  await add({ kind: 'end', offset, lines, frames, gaps, sha256, why: 'close' });
  await flush();
  return { path, run, lines, frames, gaps, bytes: offset, sha256: hash.digest('hex') };
}
