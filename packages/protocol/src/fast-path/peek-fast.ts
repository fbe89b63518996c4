import type { FrameHeader } from '../header.ts';
import { productText } from './product-texts.ts';
import {
  CHANNELS,
  COUNT,
  HEARTBEATS,
  IS_SNAPSHOT,
  MARKET_TRADES,
  PRODUCT_END,
  readFrom,
  RESUME_AT,
  SEQUENCE,
  type Scanner,
  theScanner,
  TIMESTAMP_END,
  UNEXPECTED,
} from './scanner.ts';

/** Of each: where its product, id, price, size and time end, and its side. */
const MARKS_PER_TRADE = 6;

const BRACKET = 0x5d;
const BRACE = 0x7d;

/** Reads a frame of the expected shape as far as that is enough to be sure; `undefined` where it is not. */
export function peekExpected(frame: Uint8Array): FrameHeader | undefined {
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
  const eventType = header[IS_SNAPSHOT] === 0 ? 'update' : 'snapshot';
  const productId = productText(
    bytes,
    valuesFrom + header[TIMESTAMP_END]!,
    valuesFrom + header[PRODUCT_END]!,
  );
  const otherProductIds = found === MARKET_TRADES ? otherProductsOfTrades(scanner, productId) : undefined;
  return otherProductIds === undefined
    ? { channel, sequence, productId, eventType }
    : { channel, sequence, productId, otherProductIds, eventType };
}

/** The products of the trades after the first, where one is about another than that. */
function otherProductsOfTrades(
  { header, marks, bytes, valuesFrom }: Scanner,
  productId: string,
): readonly string[] | undefined {
  let others: Set<string> | undefined;
  for (let trade = 1; trade < header[COUNT]!; trade += 1) {
    const mark = trade * MARKS_PER_TRADE;
    const product = productText(bytes, valuesFrom + marks[mark - 2]!, valuesFrom + marks[mark]!);
    if (product !== productId) (others ??= new Set()).add(product);
  }
  return others === undefined ? undefined : [...others];
}

/** What `scanner/index.as` looks for in a frame that fits the window. */
function endsAtFirstBracket(frame: Uint8Array, from: number): boolean {
  const last = frame.length - 4;
  return frame.indexOf(BRACKET, from) === last && frame[last + 1] === BRACE && frame[last + 2] === BRACKET;
}
