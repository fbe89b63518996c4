import { peekExpected } from './expected-shape/peek-expected.ts';
import { textOf } from './json-text.ts';

/** What can be read of a frame without decoding it. Every field is right or absent. */
export interface Peeked {
  readonly channel?: string;
  readonly sequence?: number;
  /** Of the first event, or of its first trade, ticker or candle. */
  readonly productId?: string;
  /** Of the first event: usually `snapshot` or `update`. */
  readonly eventType?: string;
}

/**
 * Channel, sequence number, product and event type of a frame, in any spelling of JSON: what `JSON.parse` would give
 * for the same frame, or nothing. A frequent frame in the exchange's own spelling is not parsed for it. Of a frame
 * that is not JSON it may still tell what stands at its beginning. Never throws.
 */
export function peek(frame: Uint8Array): Peeked {
  return peekExpected(frame) ?? peekParsed(frame);
}

function peekParsed(frame: Uint8Array): Peeked {
  const text = textOf(frame);
  if (text === undefined) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {};
  }
  const channel = member(value, 'channel');
  const sequence = member(value, 'sequence_num');
  const event = first(member(value, 'events'));
  const item = first(member(event, 'trades') ?? member(event, 'tickers') ?? member(event, 'candles'));
  const productId = member(event, 'product_id') ?? member(item, 'product_id');
  const eventType = member(event, 'type');
  return {
    ...(typeof channel === 'string' && { channel }),
    ...(Number.isSafeInteger(sequence) && Number(sequence) >= 0 && { sequence: Math.abs(Number(sequence)) }),
    ...(typeof productId === 'string' && { productId }),
    ...(typeof eventType === 'string' && { eventType }),
  };
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}
