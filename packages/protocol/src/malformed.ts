import type { DecodedMalformed } from './decoded.ts';
import { findJsonError, type JsonError, type Units } from './json-error.ts';
import { findUtf8Error } from './utf8-error.ts';

const HEAD_UNITS = 64;

/** What is wrong with a text that `JSON.parse` refuses. */
export function malformedText(text: string): DecodedMalformed {
  return malformed({ length: text.length, at: (index) => text.charCodeAt(index) }, undefined);
}

/** What is wrong with bytes that are not UTF-8 or that `JSON.parse` refuses. */
export function malformedBytes(bytes: Uint8Array): DecodedMalformed {
  const badByte = findUtf8Error(bytes);
  return malformed(
    { length: bytes.length, at: (index) => bytes[index] ?? 0 },
    badByte === undefined ? undefined : { offset: badByte, reason: 'not UTF-8' },
  );
}

function malformed(units: Units, known: JsonError | undefined): DecodedMalformed {
  const { offset, reason } = known ?? findJsonError(units) ?? { offset: units.length, reason: 'not JSON' };
  return { kind: 'malformed', offset, reason: units.length === 0 ? 'empty' : reason, head: headOf(units) };
}

/** Safe to print anywhere: outside text must not forge a log line or move a terminal's cursor. */
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
