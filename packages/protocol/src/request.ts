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
import { ProtocolError } from './protocol-error.ts';

/** What a client sends: one channel a message, the token at the top level. */
export interface Request {
  readonly type: 'subscribe' | 'unsubscribe';
  readonly channel: RequestChannel;
  readonly product_ids?: readonly string[];
  /** A secret: replace it before a request is written or logged. */
  readonly jwt?: string;
}

/** What to ask for. */
export interface RequestInput {
  readonly channel: RequestChannel;
  /** Repeated ids are sent once. An empty list is the same as none. */
  readonly productIds?: readonly string[];
  /** Required for the private channels; elsewhere leave it out, because a bad one is refused there too. */
  readonly jwt?: string;
}

/** For whoever receives requests: a simulator, a proxy, a test. */
export const requestSchema: z.ZodType<Request> = schemaFor<Request>()(
  z.looseObject({
    type: z.enum(['subscribe', 'unsubscribe']),
    channel: z.enum(CHANNELS),
    product_ids: z.exactOptional(z.array(z.string().regex(PRODUCT_ID))),
    jwt: z.exactOptional(z.string()),
  }),
);

/**
 * A request for the frames of one channel.
 * @throws {ProtocolError} `PROTOCOL_UNKNOWN_CHANNEL`, `PROTOCOL_PRODUCTS_MISSING`,
 * `PROTOCOL_PRODUCTS_NOT_ALLOWED`, `PROTOCOL_BAD_PRODUCT_ID`, `PROTOCOL_TOKEN_MISSING`, `PROTOCOL_BAD_TOKEN`
 */
export function subscribeRequest(input: RequestInput): Request {
  const productIds = checkedProducts(input);
  if (productIds.length === 0 && productsOf(input.channel) === 'required') {
    throw new ProtocolError('PROTOCOL_PRODUCTS_MISSING', { channel: input.channel });
  }
  return request('subscribe', input, productIds);
}

/**
 * A request to end the frames of some products, or without `productIds` of the whole channel.
 * @throws {ProtocolError} as {@link subscribeRequest}, except that products may always be left out
 */
export function unsubscribeRequest(input: RequestInput): Request {
  return request('unsubscribe', input, checkedProducts(input));
}

/** The products of a request, each once. @throws {ProtocolError} as {@link subscribeRequest} */
export function checkedProducts({
  channel,
  productIds = [],
}: Pick<RequestInput, 'channel' | 'productIds'>): readonly string[] {
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
