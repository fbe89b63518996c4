import { type Decoded, peekDecoded } from '@feedtape/protocol';

/** The books that a frame of `l2_data` is about. */
export interface FrameProducts {
  readonly productId?: string | undefined;
  readonly otherProductIds?: readonly string[];
}

/** Where `{"channel":"l2_data"` differs from the others. */
const CHANNEL_INITIAL_AT = 12;
const LEVEL2_INITIAL = 0x6c;

/** Only a guess, at who will read the frame. */
export const looksLikeLevel2 = (frame: Uint8Array): boolean => frame[CHANNEL_INITIAL_AT] === LEVEL2_INITIAL;

const NONE: FrameProducts = {};

/** Also of a frame whose levels cannot be read: whether it was decoded or peeked at makes no difference. */
export function productsIn(decoded: Decoded): FrameProducts {
  if (decoded.channel !== 'l2_data') return NONE;
  const events = decoded.kind === 'message' ? decoded.message.events : [];
  return events.length === 1 ? { productId: events[0]?.product_id } : peekDecoded(decoded);
}
