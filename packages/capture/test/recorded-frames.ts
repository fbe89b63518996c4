import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRecordDecoder, frameBytes } from '@feedtape/capture';
import type { CaptureRecord, GapRecord } from '@feedtape/capture';
import { expect } from 'vitest';
import { ledgerFrame } from './ledger.ts';

/** The records of a file; a line that is none fails the test. */
export function recordsIn(path: string): CaptureRecord[] {
  const decoder = createRecordDecoder({ strict: true });
  decoder.push(readFileSync(path));
  const records: CaptureRecord[] = [];
  for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
    if (line.kind !== 'record') throw new Error(`${path}: ${JSON.stringify(line)}`);
    records.push(line.record);
  }
  expect(decoder.finish(), `${path} ends within a line`).toBeUndefined();
  return records;
}

/** The sealed plain segments of a run, in order. */
export function segmentsOf(folder: string, run: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.startsWith(`${run}-`) && file.endsWith('.ndjson'))
    .toSorted();
}

export interface RecordedRun {
  /** How many frames each connection has on the disk. */
  readonly frames: ReadonlyMap<number, number>;
  readonly gaps: readonly GapRecord[];
  readonly lastAt: string | undefined;
}

/**
 * The frames, as `connection/index`, that gap records say were dropped, wherever those stand: each is named once, and
 * what is counted is what is named.
 */
function statedDrops(gaps: readonly GapRecord[]): ReadonlySet<string> {
  const dropped = new Set<string>();
  for (const { connection, why, from, to, count } of gaps) {
    if (why !== 'disk_full' && why !== 'backpressure') continue;
    if (connection === null || from === undefined || to === undefined) continue;
    expect(count, `frames ${from} to ${to} of connection ${connection}`).toBe(to - from + 1);
    for (let index = from; index <= to; index += 1) {
      const frame = `${connection}/${index}`;
      expect(dropped.has(frame), `${frame} was dropped twice`).toBe(false);
      dropped.add(frame);
    }
  }
  return dropped;
}

/**
 * Reads a run back and compares it with its ledger: of each connection every frame up to some index, once, in
 * order and byte for byte, but for the indices that a gap record says were dropped.
 */
export function expectLedger(folder: string, run: string, seed: number): RecordedRun {
  const frames = new Map<number, number>();
  const next = new Map<number, number>();
  const records = segmentsOf(folder, run).flatMap((file) => recordsIn(join(folder, file)));
  const gaps = records.filter((record) => record.kind === 'gap');
  const dropped = statedDrops(gaps);
  let lastAt: string | undefined;
  for (const record of records) {
    if (record.kind !== 'frame') continue;
    let expected = next.get(record.connection) ?? 0;
    while (dropped.has(`${record.connection}/${expected}`)) expected += 1;
    expect(record.index, `connection ${record.connection} of ${run}`).toBe(expected);
    const { bytes, binary } = ledgerFrame(seed, record.connection, record.index);
    expect(Buffer.compare(frameBytes(record), bytes), `frame ${record.index} of ${run}`).toBe(0);
    expect(record.binary === true).toBe(binary);
    next.set(record.connection, record.index + 1);
    frames.set(record.connection, (frames.get(record.connection) ?? 0) + 1);
    lastAt = record.at;
  }
  return { frames, gaps, lastAt };
}

export function total(frames: ReadonlyMap<number, number>): number {
  return [...frames.values()].reduce((sum, count) => sum + count, 0);
}
