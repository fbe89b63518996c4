import { deepEqual } from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import type { FeedItem, FrameItem } from '@feedtape/client';
import type { ConnectionLedger, SentFrame } from '@feedtape/simulator';

// What the client says it received and missed, against what the exchange says it sent: connection by connection,
// without the sequencer's help.

/** All that one connection brought, as the client told it. */
export class Receipt {
  readonly frames: FrameItem[] = [];
  /** Frames the client called missing and has not taken back. */
  missing = 0;

  note(item: FeedItem): void {
    if (item.kind === 'gap' && item.reason === 'sequence') this.missing += item.count ?? 0;
    if (item.kind !== 'frame') return;
    this.frames.push(item);
    if (item.verdict?.kind === 'late') this.missing -= 1;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

type Page = Pick<ConnectionLedger, 'frames'>;

/**
 * How many frames a client can know to be missing: those below the highest number it could read.
 *
 * @throws AssertionError when what arrived is not the beginning of what was sent, byte for byte, or when something
 * is missing that the exchange has sent
 */
export function missingOn(page: Page, received: readonly FrameItem[]): number {
  const sent = page.frames.filter((entry): entry is SentFrame => entry.kind === 'sent');
  const sums = received.map(({ bytes }) => crc32(bytes));
  deepEqual(
    sums,
    sent.slice(0, received.length).map((entry) => entry.crc32),
  );
  const seen = new Set<number>();
  for (const [index, frame] of received.entries()) {
    const entry = sent[index];
    const number = entry?.changed === true ? numberIn(frame.bytes) : entry?.sequence;
    if (number !== undefined) seen.add(number);
  }
  const known = largest(seen) + 1;
  const given = largest(page.frames.map((entry) => ('sequence' in entry ? entry.sequence : undefined)));
  const explained = new Set([
    ...sent.slice(received.length).map(({ sequence }) => sequence),
    ...page.frames
      .filter((entry) => entry.kind === 'dropped' || (entry.kind === 'sent' && entry.changed))
      .map((entry) => ('sequence' in entry ? entry.sequence : undefined)),
  ]);
  const unexplained: number[] = [];
  for (let number = 0; number < Math.min(known, given + 1); number += 1)
    if (!seen.has(number) && !explained.has(number)) unexplained.push(number);
  deepEqual(unexplained, []);
  return known - seen.size;
}

/** The events begin before it: channel, time and number take less. */
const HEADER_BYTES = 160;
const COMMA = 0x2c;

/**
 * The number that a damaged frame shows, which may have become that of another frame. In a frame that is not JSON any
 * more it is the one that stands whole before the damage.
 */
export function numberIn(bytes: Uint8Array): number | undefined {
  const whole = parsed(bytes, '');
  if (whole !== undefined) return numberOf(whole);
  const header = bytes.subarray(0, HEADER_BYTES);
  for (let end = header.lastIndexOf(COMMA); end > 0; end = header.lastIndexOf(COMMA, end - 1)) {
    const beginning = parsed(header.subarray(0, end), '}');
    if (beginning !== undefined) return numberOf(beginning);
  }
  return undefined;
}

function parsed(bytes: Uint8Array, closer: string): unknown {
  try {
    return JSON.parse(utf8.decode(bytes) + closer) as unknown;
  } catch {
    return undefined;
  }
}

function numberOf(frame: unknown): number | undefined {
  const { sequence_num: number } = (frame ?? {}) as { sequence_num?: unknown };
  return Number.isSafeInteger(number) && Number(number) >= 0 ? Number(number) : undefined;
}

function largest(numbers: Iterable<number | undefined>): number {
  let most = -1;
  for (const number of numbers) if (number !== undefined && number > most) most = number;
  return most;
}
