import type { Peeked } from '../peek.ts';
import { productText } from './product-texts.ts';
import {
  CHANNELS,
  HEARTBEATS,
  IS_SNAPSHOT,
  PRODUCT_END,
  readFrom,
  RESUME_AT,
  SEQUENCE,
  theScanner,
  TIMESTAMP_END,
  UNEXPECTED,
} from './scanner.ts';

const BRACKET = 0x5d;
const BRACE = 0x7d;

/** Reads a frame of the expected shape as far as that is enough to be sure; `undefined` where it is not. */
export function peekExpected(frame: Uint8Array): Peeked | undefined {
  const scanner = theScanner();
  if (scanner === undefined) return undefined;
  const { header, numbers, bytes, valuesFrom } = scanner;
  const found = readFrom(scanner, scanner.peek, frame, 0);
  if (found === UNEXPECTED) return undefined;
  const resumeAt = header[RESUME_AT]!;
  if (resumeAt > 0 && !endsAtFirstBracket(frame, resumeAt)) return undefined;
  const channel = CHANNELS[found]!;
  const sequence = numbers[SEQUENCE]!;
  if (found === HEARTBEATS) return { channel, sequence };
  const productId = productText(
    bytes,
    valuesFrom + header[TIMESTAMP_END]!,
    valuesFrom + header[PRODUCT_END]!,
  );
  return { channel, sequence, productId, eventType: header[IS_SNAPSHOT] === 0 ? 'update' : 'snapshot' };
}

/** What `scanner/index.as` looks for in a frame that fits the window. */
function endsAtFirstBracket(frame: Uint8Array, from: number): boolean {
  const last = frame.length - 4;
  return frame.indexOf(BRACKET, from) === last && frame[last + 1] === BRACE && frame[last + 2] === BRACKET;
}
