// Every runtime with a network has it, but the es2023 library does not declare it.
declare const TextDecoder: new (
  label: 'utf-8',
  options: { readonly fatal: true; readonly ignoreBOM: true },
) => { decode(bytes: Uint8Array): string };

interface NodeBuffer {
  readonly prototype: { readonly latin1Slice?: (this: Uint8Array, from: number, to: number) => string };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// Node's own method needs no subarray, unlike TextDecoder: a tenth of the fast path's time.
const { latin1Slice } = (globalThis as { readonly Buffer?: NodeBuffer }).Buffer?.prototype ?? {};

/**
 * The text of a frame; `undefined` if the bytes are not UTF-8, as replacement characters would misquote the frame. A
 * byte order mark stays, and `JSON.parse` rejects it.
 */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The text of bytes that are known to be ASCII. */
export function asciiText(bytes: Uint8Array, from: number, to: number): string {
  return latin1Slice === undefined
    ? utf8.decode(bytes.subarray(from, to))
    : latin1Slice.call(bytes, from, to);
}
