import { SECRET_QUOTED } from '@feedtape/capture';
import type { CaptureWriter } from '@feedtape/capture/node';
import type { FeedItem } from '@feedtape/client';

/** Writes one item of a feed as its records of the capture format. */
export function writeItem(writer: CaptureWriter, item: FeedItem): void {
  switch (item.kind) {
    case 'frame':
      writer.frame(item.connection, item.bytes, item.at, item.binary);
      if (item.quotesSecret === true)
        writer.connection(item.connection, SECRET_QUOTED, { frame: item.index });
      return;
    case 'sent':
      writer.sent(item.connection, item.request);
      return;
    case 'gap': {
      const { connection, reason: why, missing } = item;
      if (missing === undefined) writer.gap({ connection, why, count: item.count });
      else writer.gap({ connection, why, from: missing.from, to: missing.to, count: item.count });
      return;
    }
    case 'connected':
      writer.connection(item.connection, 'open', { url: item.url });
      return;
    case 'disconnected': {
      const { connection, reason, code, errorCode, retryInMs } = item;
      writer.connection(connection, 'close', { code, reason, errorCode, retryInMs });
      return;
    }
    case 'subscribed':
    case 'stale':
    case 'recovered':
    case 'rejected': {
      const { kind, connection, at: _, ...details } = item;
      writer.connection(connection, kind, details);
    }
  }
}
