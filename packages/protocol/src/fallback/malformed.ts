import type { DecodedMalformed } from '../model/decoded.ts';
import { type FrameHeader, headerOf } from '../model/header.ts';
import { findLegiblePart, type JsonError, type LegiblePart, type Units } from './json-error.ts';
import { textOf } from '../values/frame-text.ts';
import { findUtf8Error } from './utf8-error.ts';

const HEAD_UNITS = 64;

/** Describes text that `JSON.parse` rejects: the error, and the header of its legible part. */
export function malformedText(text: string): DecodedMalformed {
  const units = unitsOfText(text);
  const part = findLegiblePart(units);
  return malformed(
    units,
    part.error,
    headerOfPart(part, (end) => text.slice(0, end)),
  );
}

/** Describes bytes that are not UTF-8 or that `JSON.parse` rejects. */
export function malformedBytes(bytes: Uint8Array): DecodedMalformed {
  const badByte = findUtf8Error(bytes);
  const whole = bytes.subarray(0, badByte);
  const part = findLegiblePart(unitsOf(whole));
  const error = badByte === undefined ? part.error : { offset: badByte, reason: 'not UTF-8' };
  return malformed(unitsOf(bytes), error, headerOfBytes(whole, part));
}

/** The header of text that `JSON.parse` rejects, from what is complete before the first error. */
export function headerOfMalformedText(text: string): FrameHeader {
  return headerOfPart(findLegiblePart(unitsOfText(text)), (end) => text.slice(0, end));
}

/** The header of bytes that are not UTF-8, from what is complete before the first error. */
export function headerOfMalformedBytes(bytes: Uint8Array): FrameHeader {
  const whole = bytes.subarray(0, findUtf8Error(bytes));
  return headerOfBytes(whole, findLegiblePart(unitsOf(whole)));
}

function headerOfBytes(bytes: Uint8Array, part: LegiblePart): FrameHeader {
  return headerOfPart(part, (end) => textOf(bytes.subarray(0, end)) ?? '');
}

function headerOfPart({ end, closers }: LegiblePart, textUpTo: (end: number) => string): FrameHeader {
  return end === 0 ? {} : headerOf(JSON.parse(textUpTo(end) + closers));
}

function unitsOf(bytes: Uint8Array): Units {
  return { length: bytes.length, at: (index) => bytes[index] ?? 0 };
}

function unitsOfText(text: string): Units {
  return { length: text.length, at: (index) => text.charCodeAt(index) };
}

function malformed(units: Units, error: JsonError | undefined, peeked: FrameHeader): DecodedMalformed {
  const { offset, reason } = error ?? { offset: units.length, reason: 'not JSON' };
  const { channel, sequence } = peeked;
  return {
    kind: 'malformed',
    channel,
    sequence,
    offset,
    reason: units.length === 0 ? 'empty' : reason,
    head: headOf(units),
    peeked,
  };
}

/** Escapes external text, which must not forge a log line or move a terminal's cursor. */
function headOf(units: Units): string {
  let head = '';
  for (let index = 0; index < units.length && index < HEAD_UNITS; index += 1)
    head += printable(units.at(index));
  return head;
}

function printable(unit: number): string {
  if (unit >= 0x20 && unit <= 0x7e) return String.fromCharCode(unit);
  return unit <= 0xff
    ? `\\x${unit.toString(16).padStart(2, '0')}`
    : `\\u${unit.toString(16).padStart(4, '0')}`;
}
