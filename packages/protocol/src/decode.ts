import { decodeFallback } from './fallback/decode-fallback.ts';
import type { Decoded } from './model/decoded.ts';
import { decodeFast } from './fast-path/decode-fast.ts';
import { textOf } from './values/frame-text.ts';
import { malformedBytes, malformedText } from './fallback/malformed.ts';

/** Options of {@link decode}. */
export interface DecodeOptions {
  /** `false` checks only the envelope: channel, sequence number, a list of events. @default true */
  readonly validate?: boolean;
}

/**
 * Decodes a frame. Never throws, and never changes a value: unknown keys are kept, decimals and times stay text. Prefer
 * bytes to text: a text costs one more copy, and above 64 KiB the fast path.
 *
 * @example
 * ```ts
 * const decoded = decode(frame);
 * if (decoded.kind === 'message' && decoded.channel === 'ticker') console.log(decoded.message.events);
 * ```
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
