import type { Decoded } from './model/decoded.ts';
import { peekFast } from './fast-path/peek-fast.ts';
import { type FrameHeader, headerOf } from './model/header.ts';
import { textOf } from './values/frame-text.ts';
import { headerOfMalformedBytes, headerOfMalformedText } from './fallback/malformed.ts';

/** The header of a frame, as {@link peek} returns it. */
export type Peeked = FrameHeader;

/**
 * Channel, sequence number, products and event type of a frame, as `JSON.parse` would give them. For a frame that is not
 * JSON, those that are complete before the first error. Frames of the fast path are not parsed. Never throws.
 */
export function peek(frame: Uint8Array): Peeked {
  return peekFast(frame) ?? peekFallback(frame);
}

/** The result of {@link peek} for a decoded frame, without reading it again. */
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
