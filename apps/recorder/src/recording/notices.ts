import type { WriterEvent } from '@feedtape/capture/node';
import type { FeedItem } from '@feedtape/client';
import { countText, oneLine } from '../figures.ts';

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
      return `${who} ended: ${oneLine(`${item.errorCode ?? item.code} ${item.reason}`)}; ${next}`;
    }
    case 'gap':
      return item.missing === undefined
        ? `${who}: frames may be missing (${item.why})`
        : `${who}: ${countText(item.count ?? 0, 'frame')} missing, ${item.missing.from} to ${item.missing.to}`;
    case 'rejected':
      return `${who}: the exchange says "${oneLine(item.message)}"`;
    case 'subscribed':
      return item.missing.length === 0
        ? undefined
        : `${who}: not acknowledged: ${item.missing.map(subscriptionText).join('; ')}`;
    case 'recovered':
      return `${who}: the books are right again: ${item.productIds.join(', ')}`;
    case 'connected':
    case 'sent':
    case 'stale':
      return undefined;
  }
}

/** What a person wants to hear of the capture as it happens. */
export function describeWriterEvent(event: WriterEvent): string | undefined {
  switch (event.kind) {
    case 'repaired':
      return `sealed ${event.file}, which an earlier run left open`;
    case 'deleted':
      return `deleted ${event.file} (${event.why})`;
    case 'low-space':
      return `only ${countText(Math.round(event.freeBytes / 1024 / 1024), 'MiB')} free on the disk`;
    case 'disk-full':
      return 'the disk is full: frames are held in memory, then dropped and counted';
    case 'resumed':
      return `the disk has room again; ${countText(event.dropped, 'frame')} dropped meanwhile`;
    case 'clock-step':
      return `the wall clock stepped by ${event.offsetMs.toFixed(1)} ms`;
    case 'seal-failed':
    case 'compress-failed':
    case 'delete-failed':
    case 'io-error':
    case 'failed':
      return `${event.kind}: ${oneLine(event.error instanceof Error ? event.error.message : String(event.error))}`;
    case 'opened':
    case 'sealed':
    case 'compressed':
      return undefined;
  }
}

const subscriptionText = ({
  channel,
  productIds,
}: {
  channel: string;
  productIds?: readonly string[];
}): string => `${channel} ${productIds?.join(', ') ?? ''}`.trimEnd();
