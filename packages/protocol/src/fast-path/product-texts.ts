import { asciiText } from '../values/frame-text.ts';

const SLOTS = 256;

/** Interned product ids: a feed has few, and creating a string costs more than a look-up. */
const known = Array.from({ length: SLOTS }, () => '');

/** The text between two positions, interned. */
export function productText(bytes: Uint8Array, from: number, to: number): string {
  let hash = 0;
  for (let at = from; at < to; at += 1) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  const slot = hash & (SLOTS - 1);
  const candidate = known[slot]!;
  if (candidate.length === to - from && equals(candidate, bytes, from)) return candidate;
  const text = asciiText(bytes, from, to);
  known[slot] = text;
  return text;
}

function equals(text: string, bytes: Uint8Array, from: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) !== bytes[from + index]) return false;
  }
  return true;
}
