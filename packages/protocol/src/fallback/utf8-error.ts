/** The offset of the first byte that does not belong to well-formed UTF-8 (RFC 3629); `undefined` if all do. */
export function findUtf8Error(bytes: Uint8Array): number | undefined {
  let position = 0;
  while (position < bytes.length) {
    const length = sequenceLength(bytes, position);
    if (length === 0) return position;
    position += length;
  }
  return undefined;
}

/** The length of the character at `position` in bytes; 0 if it is malformed. */
function sequenceLength(bytes: Uint8Array, position: number): 0 | 1 | 2 | 3 | 4 {
  const lead = bytes[position] ?? 0;
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(bytes, position + 1, 1) ? 2 : 0;
  const second = bytes[position + 1] ?? 0;
  // These lead bytes also start overlong forms, surrogates and code points above U+10FFFF.
  if (lead === 0xe0 ? second < 0xa0 : lead === 0xed && second > 0x9f) return 0;
  if (lead >= 0xe0 && lead <= 0xef) return continues(bytes, position + 1, 2) ? 3 : 0;
  if (lead === 0xf0 ? second < 0x90 : lead === 0xf4 && second > 0x8f) return 0;
  return lead >= 0xf0 && lead <= 0xf4 && continues(bytes, position + 1, 3) ? 4 : 0;
}

function continues(bytes: Uint8Array, from: number, count: number): boolean {
  for (let index = from; index < from + count; index += 1) {
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) return false;
  }
  return true;
}
