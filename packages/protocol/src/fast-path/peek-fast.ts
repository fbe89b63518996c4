import type { FrameHeader } from '../model/header.ts';
import { productText } from './product-texts.ts';
import { CHANNELS, readFrom, type Scanner, theScanner } from './scanner.ts';
import {
  COUNT,
  HEARTBEATS,
  IS_SNAPSHOT,
  MARKET_TRADES,
  MARKS_PER_TRADE,
  NO_MATCH,
  PRODUCT_END,
  RESUME_AT,
  SEQUENCE,
  TIMESTAMP_END,
  VALUES,
} from './scanner-layout.ts';

const BRACKET = 0x5d;
const BRACE = 0x7d;

/** The header of a frame that the fast path reads; `undefined` for every other frame. */
export function peekFast(frame: Uint8Array): FrameHeader | undefined {
  const scanner = theScanner();
  if (scanner === undefined) return undefined;
  const { header, numbers, bytes } = scanner;
  const found = readFrom(scanner, scanner.peek, frame, 0);
  if (found === NO_MATCH) return undefined;
  const resumeAt = header[RESUME_AT]!;
  if (resumeAt > 0 && !endsAtFirstBracket(frame, resumeAt)) return undefined;
  const channel = CHANNELS[found]!;
  const sequence = numbers[SEQUENCE]!;
  if (found === HEARTBEATS) return { channel, sequence };
  const eventType = header[IS_SNAPSHOT] === 0 ? 'update' : 'snapshot';
  const productId = productText(bytes, VALUES + header[TIMESTAMP_END]!, VALUES + header[PRODUCT_END]!);
  const otherProductIds = found === MARKET_TRADES ? otherProductsOfTrades(scanner, productId) : undefined;
  return otherProductIds === undefined
    ? { channel, sequence, productId, eventType }
    : { channel, sequence, productId, otherProductIds, eventType };
}

/** The products of all trades but the first, if any differs from it. */
function otherProductsOfTrades(
  { header, marks, bytes }: Scanner,
  productId: string,
): readonly string[] | undefined {
  let others: Set<string> | undefined;
  for (let trade = 1; trade < header[COUNT]!; trade += 1) {
    const mark = trade * MARKS_PER_TRADE;
    const product = productText(bytes, VALUES + marks[mark - 2]!, VALUES + marks[mark]!);
    if (product !== productId) (others ??= new Set()).add(product);
  }
  return others === undefined ? undefined : [...others];
}

/** The proof that `peek` of `assembly/index.ts` makes, for frames larger than the window. */
function endsAtFirstBracket(frame: Uint8Array, from: number): boolean {
  const last = frame.length - 4;
  return frame.indexOf(BRACKET, from) === last && frame[last + 1] === BRACE && frame[last + 2] === BRACKET;
}
