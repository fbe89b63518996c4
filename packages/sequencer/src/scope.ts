/**
 * What one counting spans. Coinbase's feed numbers the frames of a `connection`, whatever their channel and
 * product, although its prose says "for each product": see `docs/sequence-numbers.md`.
 */
export type Scope = 'connection' | 'channel' | 'product';

export const SCOPES: readonly Scope[] = ['connection', 'channel', 'product'];

export const isScope = (value: unknown): value is Scope => SCOPES.some((scope) => scope === value);

/** What a scope has to know of a frame. */
export interface NumberedFrame {
  /** Which connection it came over. Numbers of two connections never have to do with each other. */
  readonly connection: number | string;
  readonly channel?: string | undefined;
  readonly productId?: string | undefined;
  /** The frame's number as it was decoded, whatever that is. */
  readonly sequence: unknown;
}

/** Which counting of its connection a frame belongs to. Frames without a channel or product share one. */
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
