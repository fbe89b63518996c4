/**
 * Channel, sequence number, products and event type of a frame. Every byte string has exactly one header, which
 * everything that counts, filters or decodes frames uses: `docs/messages.md` has the rule. A field is exact or absent.
 */
export interface FrameHeader {
  readonly channel?: string;
  readonly sequence?: number;
  /** Of the first event, or of its first trade, ticker, candle, order or listed product. */
  readonly productId?: string;
  /** All other products named by an event, an item or a position, without duplicates; absent if there are none. */
  readonly otherProductIds?: readonly string[];
  /** Of the first event: usually `snapshot` or `update`. */
  readonly eventType?: string;
}

/** The header of a parsed frame, or of the parsed legible part of one. */
export function headerOf(value: unknown): FrameHeader {
  const channel = channelIn(value);
  const sequence = sequenceIn(value);
  const event = first(member(value, 'events'));
  const productId = productOf(event);
  const others = productsIn(value);
  if (typeof productId === 'string') others.delete(productId);
  const eventType = member(event, 'type');
  return {
    ...(channel !== undefined && { channel }),
    ...(sequence !== undefined && { sequence }),
    ...(typeof productId === 'string' && { productId }),
    ...(others.size > 0 && { otherProductIds: [...others] }),
    ...(typeof eventType === 'string' && { eventType }),
  };
}

/** Whether a frame is about a product: one of its events, or an item of one, names it. */
export function isAbout({ productId, otherProductIds }: FrameHeader, product: string): boolean {
  return productId === product || (otherProductIds !== undefined && otherProductIds.includes(product));
}

/** The `channel`, if it is a text. */
export function channelIn(value: unknown): string | undefined {
  const channel = member(value, 'channel');
  return typeof channel === 'string' ? channel : undefined;
}

/**
 * The `sequence_num`, if it is an integer from 0 to 2^53 - 1. `JSON.parse` loses digits of larger numbers, and no number
 * is better than a wrong one.
 */
export function sequenceIn(value: unknown): number | undefined {
  const sequence = member(value, 'sequence_num');
  return typeof sequence === 'number' && Number.isSafeInteger(sequence) && sequence >= 0
    ? Math.abs(sequence)
    : undefined;
}

/** Lists of an event whose items name their product, and the key of the name. */
const ITEM_LISTS = [
  ['trades', 'product_id'],
  ['tickers', 'product_id'],
  ['candles', 'product_id'],
  ['orders', 'product_id'],
  ['products', 'id'],
] as const;

function productOf(event: unknown): unknown {
  const [list = '', key = ''] = ITEM_LISTS.find(([name]) => Array.isArray(member(event, name))) ?? [];
  return member(event, 'product_id') ?? member(first(member(event, list)), key);
}

function productsIn(value: unknown): Set<string> {
  const found = new Set<string>();
  for (const event of listOf(member(value, 'events'))) {
    add(found, member(event, 'product_id'));
    for (const [list, key] of ITEM_LISTS)
      for (const item of listOf(member(event, list))) add(found, member(item, key));
    for (const positions of valuesOf(member(event, 'positions')))
      for (const position of listOf(positions)) add(found, member(position, 'product_id'));
  }
  return found;
}

function add(found: Set<string>, productId: unknown): void {
  if (typeof productId === 'string') found.add(productId);
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function valuesOf(value: unknown): readonly unknown[] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value) : [];
}
