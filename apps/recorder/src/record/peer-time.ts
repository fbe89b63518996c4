import { skewOf } from '@feedtape/auth';
import type { FeedItem } from '@feedtape/client';

/** What servers say of the time, as a hint for the tokens that they refuse. */
export interface PeerTime {
  observe(item: FeedItem): void;
  /** What to subtract from this machine's clock for a token to an address: 0 until that address has refused one. */
  readonly correctionMs: (url: string) => number;
  /** The wall clock was set, forward by so much: what was measured moves with it. */
  step(offsetMs: number): void;
}

interface Peer {
  correctionMs: number;
  refused: boolean;
}

/** `wallOf` turns the monotonic milliseconds of an item into Unix milliseconds. */
export function createPeerTime(wallOf: (at: number) => number): PeerTime {
  const peers = new Map<string, Peer>();
  const urls = new Map<number, string>();
  const peerOf = (url: string): Peer => {
    const peer = peers.get(url) ?? { correctionMs: 0, refused: false };
    peers.set(url, peer);
    return peer;
  };
  return {
    observe(item) {
      if (item.kind === 'connected') {
        urls.set(item.connection, item.url);
        peerOf(item.url).correctionMs = correctionBy(item.serverDate, wallOf(item.at));
      } else if (item.kind === 'rejected' && item.message === 'authentication failure') {
        peerOf(urls.get(item.connection) ?? '').refused = true;
      } else if (item.kind === 'disconnected') urls.delete(item.connection);
    },
    correctionMs(url) {
      const peer = peers.get(url);
      return peer?.refused === true ? peer.correctionMs : 0;
    },
    step(offsetMs) {
      for (const peer of peers.values()) peer.correctionMs += offsetMs;
    },
  };
}

function correctionBy(serverDate: string | undefined, receivedAt: number): number {
  if (serverDate === undefined || Number.isNaN(Date.parse(serverDate))) return 0;
  // When the request left is not known; a handshake takes less than a token lives.
  const { skewMs, uncertaintyMs } = skewOf(serverDate, { sentAt: receivedAt, receivedAt });
  // Errs towards an older token; a future one is refused.
  return skewMs + uncertaintyMs;
}
