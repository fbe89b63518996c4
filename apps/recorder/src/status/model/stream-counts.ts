import { isProductId } from '@feedtape/protocol';
import { createRateMeter, mark, perSecond, type RateMeter } from './rate-meter.ts';
import type { StreamSnapshot } from './status-snapshot.ts';

/** Pairs of channel and product that are counted; further ones count as `(other)`. */
export const PAIR_LIMIT = 810;

/** Channels that are counted. The exchange has ten; a hostile server may invent any number. */
export const CHANNEL_LIMIT = 16;

/** Product of frames about more than one product, so that every frame counts once. */
export const SEVERAL = '(several)';

/** Channels and products beyond the limits or with invalid names. */
const OTHER = '(other)';

/** Channel of frames without one, such as error replies and invalid JSON. */
const NO_CHANNEL = '(none)';

/** Valid channel names, which become labels of metrics. */
const CHANNEL_NAME = /^[a-z0-9_]{1,40}$/u;

interface Stream {
  readonly channel: string;
  readonly product: string;
  readonly frames: RateMeter;
  bytes: number;
}

/** Counts frames by channel and product in bounded memory. */
export interface StreamCounts {
  count(channel: string | undefined, product: string | undefined, bytes: number): void;
  mark(second: number): void;
  /** Most frames first, an order more stable than by rate. */
  snapshot(second: number): readonly StreamSnapshot[];
}

export function createStreamCounts(): StreamCounts {
  const channels = new Map<string, Map<string, Stream>>();
  const all: Stream[] = [];
  let pairs = 0;

  const add = (products: Map<string, Stream>, channel: string, product: string): Stream => {
    const stream: Stream = { channel, product, frames: createRateMeter(), bytes: 0 };
    products.set(product, stream);
    all.push(stream);
    return stream;
  };

  const productsOf = (channel: string): [name: string, products: Map<string, Stream>] => {
    const known = channels.get(channel);
    if (known !== undefined) return [channel, known];
    const allowed = channel === NO_CHANNEL || (CHANNEL_NAME.test(channel) && channels.size < CHANNEL_LIMIT);
    const name = allowed ? channel : OTHER;
    const products = channels.get(name) ?? new Map<string, Stream>();
    channels.set(name, products);
    return [name, products];
  };

  const streamOf = (channel: string, product: string): Stream => {
    const [name, products] = productsOf(channel);
    const known = products.get(product);
    if (known !== undefined) return known;
    if (product === '' || product === SEVERAL) return add(products, name, product);
    if (pairs >= PAIR_LIMIT || !isProductId(product)) {
      return products.get(OTHER) ?? add(products, name, OTHER);
    }
    pairs += 1;
    return add(products, name, product);
  };

  return {
    count(channel = NO_CHANNEL, product = '', bytes) {
      const stream = streamOf(channel, product);
      stream.frames.total += 1;
      stream.bytes += bytes;
    },
    mark(second) {
      for (const { frames } of all) mark(frames, second);
    },
    snapshot: (second) =>
      all
        .map(({ channel, product, frames, bytes }) => ({
          channel,
          product,
          frames: frames.total,
          bytes,
          framesPerSecond: perSecond(frames, second),
        }))
        .toSorted((left, right) => right.frames - left.frames),
  };
}
