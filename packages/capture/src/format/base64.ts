const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PAD = 0x3d;

const letters = Uint8Array.from(ALPHABET, (letter) => letter.charCodeAt(0));
const values = new Uint8Array(256).fill(0xff);
for (const [value, letter] of letters.entries()) values[letter] = value;

/** The bytes as base64 with padding (RFC 4648, section 4), itself as ASCII bytes. */
export function encodeBase64(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD);
  let to = 0;
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text[to] = letters[group >> 18] as number;
    text[to + 1] = letters[(group >> 12) & 63] as number;
    if (left > 1) text[to + 2] = letters[(group >> 6) & 63] as number;
    if (left > 2) text[to + 3] = letters[group & 63] as number;
    to += 4;
  }
  return text;
}

/** The bytes that `text` stands for, or `undefined` when it is not exactly what {@link encodeBase64} writes. */
export function decodeBase64(text: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.at(-1) !== PAD ? 0 : text.at(-2) !== PAD ? 1 : 2;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const end = text.length - padding;
  let held = 0;
  let to = 0;
  for (let at = 0; at < end; at += 1) {
    const value = values[text[at] as number] as number;
    if (value === 0xff) return undefined;
    held = (held << 6) | value;
    const left = (at % 4) * 2;
    if (left > 0) bytes[to++] = (held >> (6 - left)) & 0xff;
  }
  // One spelling for one payload: the bits that the padding leaves over are zero.
  const spare = padding === 2 ? 0x0f : padding === 1 ? 0x03 : 0;
  return (held & spare) === 0 ? bytes : undefined;
}
