import * as z from 'zod';
import {
  CHANNELS,
  isPrivateChannel,
  isRequestChannel,
  productsOf,
  type RequestChannel,
} from './values/channel.ts';
import { schemaFor } from './messages/field-schemas.ts';
import { isProductId, PRODUCT_ID } from './values/product-id.ts';
import { ProtocolError } from './values/protocol-error.ts';

/** What a client sends: one channel per message. */
export interface Request {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly channel: RequestChannel;
  readonly product_ids?: readonly string[];
  /** A secret: redact it before a request is written or logged. */
  readonly jwt?: string;
}

/** A channel and its products. */
export interface Subscription {
  readonly channel: RequestChannel;
  /** Such as `['BTC-USD']`; duplicates are sent once. Default none, which an empty list means as well. */
  readonly productIds?: readonly string[];
}

/** What to subscribe to or unsubscribe from. */
export interface RequestInput extends Subscription {
  /** Required for private channels. Omit it elsewhere: the exchange refuses an invalid token on any channel. */
  readonly jwt?: string;
}

/** The schema of a request, for servers, proxies and tests that receive one. */
export const requestSchema: z.ZodType<Request> = schemaFor<Request>()(
  z.looseObject({
    type: z.enum(['subscribe', 'unsubscribe']),
    channel: z.enum(CHANNELS),
    product_ids: z.exactOptional(z.array(z.string().regex(PRODUCT_ID))),
    jwt: z.exactOptional(z.string()),
  }),
);

/**
 * Throws for a subscription that no request can express.
 * @throws {ProtocolError} `PROTOCOL_UNKNOWN_CHANNEL`, `PROTOCOL_PRODUCTS_MISSING`,
 * `PROTOCOL_PRODUCTS_NOT_ALLOWED`, `PROTOCOL_BAD_PRODUCT_ID`
 */
export function checkSubscription(subscription: Subscription): void {
  checkedSubscription(subscription);
}

/**
 * A request for the frames of one channel.
 * @throws {ProtocolError} as {@link checkSubscription}, and `PROTOCOL_TOKEN_MISSING`, `PROTOCOL_BAD_TOKEN`
 */
export function subscribeRequest(input: RequestInput): Request {
  return request('subscribe', input, checkedSubscription(input));
}

/**
 * A request to stop the frames of some products, or without `productIds` of the whole channel.
 * @throws {ProtocolError} as {@link subscribeRequest}, except that products may always be omitted
 */
export function unsubscribeRequest(input: RequestInput): Request {
  return request('unsubscribe', input, checkedProducts(input));
}

function checkedSubscription(subscription: Subscription): readonly string[] {
  const { channel } = subscription;
  const productIds = checkedProducts(subscription);
  if (productIds.length === 0 && productsOf(channel) === 'required')
    throw new ProtocolError('PROTOCOL_PRODUCTS_MISSING', { channel });
  return productIds;
}

/** The products of a request, without duplicates. */
function checkedProducts({ channel, productIds = [] }: Subscription): readonly string[] {
  if (!isRequestChannel(channel))
    throw new ProtocolError('PROTOCOL_UNKNOWN_CHANNEL', { channel: String(channel) });
  if (productIds.length > 0 && productsOf(channel) === 'none') {
    throw new ProtocolError('PROTOCOL_PRODUCTS_NOT_ALLOWED', { channel });
  }
  const bad = productIds.find((productId) => !isProductId(productId));
  if (bad !== undefined) throw new ProtocolError('PROTOCOL_BAD_PRODUCT_ID', { channel, productId: bad });
  return [...new Set(productIds)];
}

function request(
  type: Request['type'],
  { channel, jwt }: RequestInput,
  productIds: readonly string[],
): Request {
  if (jwt === undefined && isPrivateChannel(channel))
    throw new ProtocolError('PROTOCOL_TOKEN_MISSING', { channel });
  if (jwt !== undefined && !/^\S+$/.test(jwt)) throw new ProtocolError('PROTOCOL_BAD_TOKEN', { channel });
  return {
    type,
    channel,
    ...(productIds.length > 0 && { product_ids: productIds }),
    ...(jwt !== undefined && { jwt }),
  };
}
