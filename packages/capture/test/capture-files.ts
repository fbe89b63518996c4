import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePayload, encodeRecord, formatTimestamp } from '@feedtape/capture';
import type { CaptureRecord, EndReason, GapReason, HeaderRecord } from '@feedtape/capture';
import { onTestFinished } from 'vitest';

/** An empty folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'feedtape-capture-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const START_SECONDS = Date.UTC(2026, 10, 22, 5, 54, 12) / 1000;

/** The time of day at a distance from the start of a capture. */
export function instantAt(ms: number): string {
  const ns = Math.round(ms * 1e6);
  return formatTimestamp(START_SECONDS + Math.floor(ns / 1e9), ns % 1e9);
}

export interface FrameInput {
  readonly connection?: number;
  readonly index: number;
  /** Since the start of the run. */
  readonly ms: number;
  readonly text?: string;
  readonly bytes?: Uint8Array;
  readonly binary?: boolean;
}

/** A frame of the capture; a small JSON object with the index as its number when no text is given. */
export function frameLine({
  connection = 0,
  index,
  ms,
  text,
  bytes,
  binary = false,
}: FrameInput): CaptureRecord {
  const payload =
    bytes ?? new TextEncoder().encode(text ?? `{"channel":"heartbeats","sequence_num":${index}}`);
  return {
    kind: 'frame',
    connection,
    index,
    at: instantAt(ms),
    mono: Math.round(ms * 1e6),
    ...(binary ? { binary: true as const } : {}),
    ...encodePayload(payload, binary),
  };
}

/** A gap of connection 0. */
export function gapLine(why: GapReason, from: number, to: number, ms: number): CaptureRecord {
  const mono = ms * 1e6;
  return { kind: 'gap', connection: 0, at: instantAt(ms), mono, why, from, to, count: to - from + 1 };
}

export function headerLine(overrides: Partial<HeaderRecord> = {}): HeaderRecord {
  return {
    kind: 'header',
    version: 1,
    run: '20261122T055412Z-00000001',
    segment: 0,
    previous: null,
    software: 'test',
    url: 'wss://example.test',
    at: instantAt(0),
    mono: 0,
    fsync: '1s',
    private: false,
    ...overrides,
  };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface SealedText {
  readonly bytes: Buffer;
  /** What the next segment names as `previous`. */
  readonly endSha256: string;
}

/** The text of a sealed segment, made by hand from the format's description rather than by the writer. */
export function sealedText(records: readonly CaptureRecord[], why: EndReason = 'close'): SealedText {
  const parts: Buffer[] = [];
  for (const record of records) {
    if (record.kind !== 'checkpoint') {
      parts.push(Buffer.from(encodeRecord(record)));
      continue;
    }
    const before = Buffer.concat(parts);
    parts.push(
      Buffer.from(
        encodeRecord({
          kind: 'checkpoint',
          offset: before.length,
          lines: parts.length,
          sha256: sha256(before),
        }),
      ),
    );
  }
  const body = Buffer.concat(parts);
  const count = (kind: string): number => records.filter((record) => record.kind === kind).length;
  const endSha256 = sha256(body);
  const end = encodeRecord({
    kind: 'end',
    offset: body.length,
    lines: parts.length,
    frames: count('frame'),
    gaps: count('gap'),
    sha256: endSha256,
    why,
  });
  return { bytes: Buffer.concat([body, end]), endSha256 };
}

/** Stands for a checkpoint in the list of records that {@link sealedText} takes. */
export const CHECKPOINT: CaptureRecord = { kind: 'checkpoint', offset: 0, lines: 0, sha256: '0'.repeat(64) };

/** Writes a sealed segment with its sidecar. */
export function writeSealed(folder: string, name: string, { bytes }: SealedText): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  writeFileSync(`${path}.sha256`, `${sha256(bytes)}  ${name}\n`);
  return path;
}
