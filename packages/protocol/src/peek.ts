import type { Decoded } from './model/decoded.ts';
import { peekFast } from './fast-path/peek-fast.ts';
import { type FrameHeader, headerOf } from './model/header.ts';
import { textOf } from './values/frame-text.ts';
import { headerOfMalformedBytes, headerOfMalformedText } from './fallback/malformed.ts';

/** What can be read of a frame without decoding it. */
export type Peeked = FrameHeader;

/**
 * Channel, sequence number, products and event type of a frame, in any spelling of JSON: what `JSON.parse` would give
 * for the same frame. Of a frame that is not JSON it tells what stands complete before the first error. A frequent
 * frame in the exchange's own spelling is not parsed for it. Never throws.
 */
export function peek(frame: Uint8Array): Peeked {
  return peekFast(frame) ?? peekFallback(frame);
}

/** {@link peek} of the frame that was decoded. */
export function peekDecoded(decoded: Decoded): Peeked {
  if ('peeked' in decoded && decoded.peeked !== undefined) return decoded.peeked;
  if (decoded.kind === 'unknown') return headerOf(decoded.value);
  return 'message' in decoded ? headerOf(decoded.message) : {};
}

function peekFallback(frame: Uint8Array): Peeked {
  const text = textOf(frame);
  if (text === undefined) return headerOfMalformedBytes(frame);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return headerOfMalformedText(text);
  }
  return headerOf(value);
}
