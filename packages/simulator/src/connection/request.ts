/** A (un)subscribe message as a client sent it. Only its outline is checked here, as the exchange does. */
export interface Request {
  readonly type: 'subscribe' | 'unsubscribe';
  /** Whatever was sent: an unknown name and even an array get `authentication failure`, not a parse error. */
  readonly channel: unknown;
  readonly products: readonly string[] | undefined;
  readonly jwt: string | undefined;
}

/** Undefined for what is no request at all. */
export function parseRequest(text: string): Request | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(value));
  const type = fields.get('type');
  if (type !== 'subscribe' && type !== 'unsubscribe') return undefined;
  const products = fields.get('product_ids');
  const jwt = fields.get('jwt');
  return {
    type,
    channel: fields.get('channel'),
    products: Array.isArray(products)
      ? products.filter((id): id is string => typeof id === 'string')
      : undefined,
    // An empty string is what clients without a key send: it counts as none.
    jwt: typeof jwt === 'string' && jwt !== '' ? jwt : undefined,
  };
}
