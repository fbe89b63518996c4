// The Encoding Standard's decoder is in every runtime; `lib` es2023 does not know it.
declare const TextDecoder: new (
  label: 'utf-8',
  options: { readonly fatal: true; readonly ignoreBOM: true },
) => { decode(bytes: Uint8Array): string };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The text of a frame, exactly; `undefined` where the bytes are not UTF-8, because a text with replacement
 * characters would not be what was sent. A byte order mark stays, and JSON refuses it.
 */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
