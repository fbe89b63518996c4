import { decodeFallback } from './fallback/decode-fallback.ts';
import type { Decoded } from './model/decoded.ts';
import { decodeFast } from './fast-path/decode-fast.ts';
import { textOf } from './values/frame-text.ts';
import { malformedBytes, malformedText } from './fallback/malformed.ts';

/** How much to check. */
export interface DecodeOptions {
  /** `false` checks the envelope only: channel, sequence number, a list of events. Default `true`. */
  readonly validate?: boolean;
}

/**
 * Says what a frame is. Never throws, whatever the frame holds, and never changes what it says: unknown keys
 * stay, decimals and times stay text.
 */
export function decode(frame: Uint8Array | string, options?: DecodeOptions): Decoded {
  const validate = options?.validate ?? true;
  const expected = decodeFast(frame);
  if (expected !== undefined) return expected;
  if (typeof frame === 'string') return decodeFallback(frame, validate, () => malformedText(frame));
  const text = textOf(frame);
  return text === undefined
    ? malformedBytes(frame)
    : decodeFallback(text, validate, () => malformedBytes(frame));
}
