import type { FeedItem } from '@feedtape/client';

/** What a person wants to hear of an item as it happens; `undefined` for the ordinary ones. */
export function describeItem(item: Exclude<FeedItem, { kind: 'frame' }>): string | undefined {
  const who = `connection ${item.connection}`;
  switch (item.kind) {
    case 'disconnected': {
      // Our own goodbye at the end of a recording.
      if (item.code === 1000 && item.retryInMs === undefined) return undefined;
      const next =
        item.retryInMs === undefined
          ? 'not trying again'
          : `again in ${(item.retryInMs / 1000).toFixed(1)} s`;
      return `${who} ended: ${item.errorCode ?? item.code ?? ''} ${item.reason}`.trimEnd() + `; ${next}`;
    }
    case 'gap':
      return item.missing === undefined
        ? `${who}: frames may be missing (${item.why})`
        : `${who}: ${item.count} frames missing, ${item.missing.from} to ${item.missing.to}`;
    case 'rejected':
      return `${who}: the exchange says "${item.message}"`;
    case 'subscribed':
      return item.missing.length === 0
        ? undefined
        : `${who}: not acknowledged: ${JSON.stringify(item.missing)}`;
    case 'recovered':
      return `${who}: books are fresh again: ${item.productIds.join(', ')}`;
    case 'connected':
    case 'sent':
    case 'stale':
      return undefined;
  }
}
