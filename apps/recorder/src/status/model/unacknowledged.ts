import type { FeedItem } from '@feedtape/client';
import { subscriptionNames } from '../../events/describe.ts';

/** Subscriptions that were requested and not acknowledged since. */
export interface Unacknowledged {
  observe(item: FeedItem): void;
  readonly names: readonly string[];
}

/** Tracks the acknowledgements of a recording: the exchange omits unknown products without an error. */
export function watchUnacknowledged(): Unacknowledged {
  /** Name → the connection whose acknowledgement left it out. */
  const missing = new Map<string, number>();
  return {
    observe(item) {
      if (item.kind !== 'subscribed') return;
      const { connection, subscriptions, aliases } = item;
      for (const [name, leftOutBy] of missing) if (leftOutBy === connection) missing.delete(name);
      for (const [channel, served] of Object.entries(subscriptions)) {
        missing.delete(channel);
        for (const product of [...served, ...Object.keys(aliases)]) missing.delete(`${channel} ${product}`);
      }
      for (const name of subscriptionNames(item.missing)) missing.set(name, connection);
    },
    get names() {
      return [...missing.keys()];
    },
  };
}
