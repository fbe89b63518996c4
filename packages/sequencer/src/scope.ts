/**
 * What one stream of sequence numbers spans. Coinbase numbers the frames of a `connection`, across channels and
 * products, although its documentation says "for each product": see `docs/sequence-numbers.md`.
 */
export type Scope = 'connection' | 'channel' | 'product';

export const SCOPES: readonly Scope[] = ['connection', 'channel', 'product'];

export const isScope = (value: unknown): value is Scope => SCOPES.some((scope) => scope === value);

/** A frame's sequence number and what its scope depends on. */
export interface NumberedFrame {
  /** The connection it arrived on. Numbers of two connections are unrelated. */
  readonly connection: number | string;
  readonly channel?: string | undefined;
  readonly productId?: string | undefined;
  /** The frame's number as decoded, of any type. */
  readonly sequence: unknown;
}

/** Key of the stream within its connection. Frames without a channel or product share one. */
export function keyIn(scope: Scope, frame: NumberedFrame): string {
  switch (scope) {
    case 'connection':
      return '';
    case 'channel':
      return frame.channel ?? '';
    case 'product':
      return frame.productId ?? '';
  }
}
