import type { AccountStart } from '../account/account.ts';
import type { SnapshotChannel } from '../market/product-market.ts';

/** What subscriptions need of the market and the account. */
export interface Supply {
  readonly lists: (product: string) => boolean;
  readonly snapshot: (product: string, channel: SnapshotChannel) => string;
  /** The events that begin a private channel, and the id its acknowledgement shows. */
  readonly account: (
    channel: 'user' | 'futures_balance_summary',
    products: readonly string[],
  ) => AccountStart;
  /** `current_time` of a heartbeat. */
  readonly heartbeatTime: (at: number, uptime: number) => string;
}
