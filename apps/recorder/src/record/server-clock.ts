import { skewOf } from '@feedtape/auth';
import type { FeedItem } from '@feedtape/client';

/** Server clocks by the `Date` of their handshakes, to correct the time of tokens that they refuse. */
export interface ServerClocks {
  observe(item: FeedItem): void;
  /** Milliseconds to subtract from this machine's clock for a token; 0 until the address has refused one. */
  readonly correctionMs: (url: string) => number;
  /** Adjusts the measurements to a step of the wall clock. */
  step(offsetMs: number): void;
}

interface ServerClock {
  correctionMs: number;
  refused: boolean;
}

/** `wallOf` turns the monotonic milliseconds of an item into Unix milliseconds. */
export function createServerClocks(wallOf: (at: number) => number): ServerClocks {
  const servers = new Map<string, ServerClock>();
  const urls = new Map<number, string>();
  const serverOf = (url: string): ServerClock => {
    const server = servers.get(url) ?? { correctionMs: 0, refused: false };
    servers.set(url, server);
    return server;
  };
  return {
    observe(item) {
      if (item.kind === 'connected') {
        urls.set(item.connection, item.url);
        serverOf(item.url).correctionMs = correctionBy(item.serverDate, wallOf(item.at));
      } else if (item.kind === 'rejected' && item.message === 'authentication failure') {
        serverOf(urls.get(item.connection) ?? '').refused = true;
      } else if (item.kind === 'disconnected') urls.delete(item.connection);
    },
    correctionMs(url) {
      const server = servers.get(url);
      return server?.refused === true ? server.correctionMs : 0;
    },
    step(offsetMs) {
      for (const server of servers.values()) server.correctionMs += offsetMs;
    },
  };
}

function correctionBy(serverDate: string | undefined, receivedAt: number): number {
  if (serverDate === undefined || Number.isNaN(Date.parse(serverDate))) return 0;
  // The send time is not known; a handshake takes less time than a token lives.
  const { skewMs, uncertaintyMs } = skewOf(serverDate, { sentAt: receivedAt, receivedAt });
  // Errs towards an older token; a future one is rejected.
  return skewMs + uncertaintyMs;
}
