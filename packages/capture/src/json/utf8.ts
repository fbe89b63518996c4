// Every JavaScript host has these two; the core declares only what it uses of them, so that nothing else of
// a host can slip in.
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(label: 'utf-8', options: { readonly ignoreBOM: true });
  decode(bytes: Uint8Array): string;
}

const encoder = new TextEncoder();
// A byte order mark is a part of the frame, not a hint to us.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text as UTF-8. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** The text of bytes that {@link isUtf8} accepts. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/**
 * Where the multi-byte sequence that starts at `at` ends, or -1 when it is not well-formed UTF-8:
 * truncated, overlong, a surrogate, or beyond U+10FFFF (Unicode 16, table 3-7).
 */
export function endOfSequence(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] as number;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0xc2 || lead > 0xf4 || at + length > end) return -1;
  const second = bytes[at + 1] as number;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return -1;
  for (let next = at + 2; next < at + length; next += 1) {
    if (((bytes[next] as number) & 0xc0) !== 0x80) return -1;
  }
  return at + length;
}

/** Whether the bytes are well-formed UTF-8. */
export function isUtf8(bytes: Uint8Array): boolean {
  const end = bytes.length;
  let at = 0;
  while (at < end) {
    if ((bytes[at] as number) < 0x80) at += 1;
    else at = endOfSequence(bytes, at, end);
    if (at < 0) return false;
  }
  return true;
}
