/**
 * What a frame says of itself in its header and of its products. Of every byte string there is one such reading, and
 * everything that counts, filters or decodes a frame uses it: `docs/messages.md` states the rule. Every field is right
 * or absent.
 */
export interface FrameHeader {
  readonly channel?: string;
  readonly sequence?: number;
  /** Of the first event, or of its first trade, ticker, candle, order or listed product. */
  readonly productId?: string;
  /** All other products that an event, an item of one or a position names, each once; absent where there are none. */
  readonly otherProductIds?: readonly string[];
  /** Of the first event: usually `snapshot` or `update`. */
  readonly eventType?: string;
}

/** The header of what `JSON.parse` gives for a frame, or for the legible part of one. */
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

/** The `channel`, where it is a text. */
export function channelIn(value: unknown): string | undefined {
  const channel = member(value, 'channel');
  return typeof channel === 'string' ? channel : undefined;
}

/**
 * The `sequence_num`, where it is a number without a sign, a fraction or lost digits. A number past 2^53 - 1 has lost
 * digits in `JSON.parse`: no number is better than a wrong one.
 */
export function sequenceIn(value: unknown): number | undefined {
  const sequence = member(value, 'sequence_num');
  return typeof sequence === 'number' && Number.isSafeInteger(sequence) && sequence >= 0
    ? Math.abs(sequence)
    : undefined;
}

/** Lists of an event whose items name their product, and the key under which they do. */
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
