/** The kind of a DER structure, judged by its first tags. */
export type DerShape = 'sec1' | 'pkcs8' | 'pkcs1' | 'spki' | 'encrypted' | 'other' | 'truncated' | 'not-der';

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;

interface Element {
  readonly tag: number;
  readonly start: number;
  readonly end: number;
}

/** The element at an offset; `end` may exceed the input. Undefined if the header is unreadable. */
function elementAt(bytes: Uint8Array, offset: number): Element | undefined {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined) return undefined;
  if (first < 0x80) return { tag, start: offset + 2, end: offset + 2 + first };
  const width = first & 0x7f;
  // The length of a key fits two bytes; 0x80 is the indefinite form, which DER forbids.
  if (width < 1 || width > 2) return undefined;
  const high = bytes[offset + 2];
  const low = width === 2 ? bytes[offset + 3] : 0;
  if (high === undefined || low === undefined) return undefined;
  const length = width === 2 ? high * 256 + low : high;
  return { tag, start: offset + 2 + width, end: offset + 2 + width + length };
}

/**
 * Classifies a structure by its outer tags: errors can name what was found, and the PEM label of a key is irrelevant.
 */
export function derShape(bytes: Uint8Array): DerShape {
  const outer = elementAt(bytes, 0);
  if (outer === undefined || outer.tag !== SEQUENCE) return 'not-der';
  if (outer.end > bytes.length) return 'truncated';
  if (outer.end < bytes.length) return 'not-der';
  const first = elementAt(bytes, outer.start);
  const second = first && elementAt(bytes, first.end);
  if (first === undefined || second === undefined) return 'not-der';
  if (first.tag === INTEGER) {
    if (second.tag === OCTET_STRING) return 'sec1';
    if (second.tag === SEQUENCE) return 'pkcs8';
    if (second.tag === INTEGER) return 'pkcs1';
  }
  if (first.tag === SEQUENCE) {
    if (second.tag === BIT_STRING) return 'spki';
    if (second.tag === OCTET_STRING) return 'encrypted';
  }
  return 'other';
}
