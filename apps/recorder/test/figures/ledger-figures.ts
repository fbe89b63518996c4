import { crc32 } from 'node:zlib';
import type { ConnectionLedger, SentFrame } from '@feedtape/simulator';

/** What the numbers of a connection's frames add up to, found without the packages under test. */
export interface Figures {
  frames: number;
  /** Of the numbering only. */
  gaps: number;
  missing: number;
  late: number;
  duplicates: number;
  restarts: number;
}

export const noFigures = (): Figures => ({
  frames: 0,
  gaps: 0,
  missing: 0,
  late: 0,
  duplicates: 0,
  restarts: 0,
});

/**
 * What a recorder can know of a connection of which it received the first `count` frames that were sent.
 *
 * @throws Error when an unchanged frame does not show the number that the exchange gave it
 */
export function addFigures(sum: Figures, page: ConnectionLedger, count: number): void {
  const sent = page.frames.filter((entry): entry is SentFrame => entry.kind === 'sent').slice(0, count);
  const seen = new Set<number>();
  let highest = -1;
  for (const frame of sent) {
    const number = numberIn(frame.bytes ?? Buffer.alloc(0));
    if (!frame.changed && number !== frame.sequence)
      throw new Error(`connection ${page.connection}: ${frame.sequence} reads as ${number}`);
    sum.frames += 1;
    if (number === undefined) continue;
    if (number > highest) {
      sum.gaps += number > highest + 1 ? 1 : 0;
      sum.missing += number - highest - 1;
      highest = number;
    } else if (!seen.has(number)) {
      sum.late += 1;
      sum.missing -= 1;
    } else if (number === 0) sum.restarts += 1;
    else sum.duplicates += 1;
    seen.add(number);
  }
}

/** Whether these are the first frames that were sent on a connection, byte for byte. */
export function isBeginningOf(page: ConnectionLedger, frames: readonly Uint8Array[]): boolean {
  const sent = page.frames.filter((entry): entry is SentFrame => entry.kind === 'sent');
  return frames.every((bytes, index) => sent[index]?.crc32 === crc32(bytes));
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The exchange writes the number in front of the events: whatever is wrong far behind it leaves it whole. */
const HEADER_BYTES = 2_000;

/** The number of a frame; of one that is not JSON, that of its longest beginning that is once its brackets are closed. */
function numberIn(bytes: Uint8Array): number | undefined {
  const whole = valueOf(bytes, bytes.length);
  if (whole !== undefined) return sequenceOf(whole);
  for (let end = Math.min(bytes.length, HEADER_BYTES); end > 0; end -= 1) {
    const sign = String.fromCharCode(bytes[end - 1] ?? 0);
    const next = String.fromCharCode(bytes[end] ?? 0);
    const value = next === ',' || sign === '}' || sign === ']' ? valueOf(bytes, end) : undefined;
    if (value !== undefined) return sequenceOf(value);
  }
  return undefined;
}

function valueOf(bytes: Uint8Array, end: number): unknown {
  try {
    const text = strict.decode(bytes.subarray(0, end));
    return JSON.parse(end === bytes.length ? text : text + closersOf(text)) as unknown;
  } catch {
    return undefined;
  }
}

function sequenceOf(value: unknown): number | undefined {
  const number = (value as Readonly<Record<string, unknown>> | null)?.['sequence_num'];
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

function closersOf(text: string): string {
  const outside = text.replaceAll(/"(?:[^"\\]|\\.)*"/gsu, '');
  const open: string[] = [];
  for (const sign of outside) {
    if (sign === '{') open.unshift('}');
    if (sign === '[') open.unshift(']');
    if (sign === '}' || sign === ']') open.shift();
  }
  return open.join('');
}
