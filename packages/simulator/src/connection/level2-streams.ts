import type { EventQueue } from '../model/event-queue.ts';
import { type Publication, tailOf } from '../market/publication.ts';
import { MS } from '../market/wire-text.ts';
import type { Supply } from './supply.ts';

/** The level2 products of one connection: snapshot first, updates held back until it is out. */
export interface Level2Streams {
  /** Prepares the snapshots one after the other; returns when the last one goes out. */
  start(products: readonly string[], at: number): number;
  stop(products: readonly string[]): void;
  publish(publication: Publication): void;
}

interface Stream {
  phase: 'waiting' | 'preparing' | 'catching-up' | 'live';
  readonly held: Publication[];
}

interface Level2Ports {
  readonly queue: EventQueue<(at: number) => void>;
  readonly supply: Supply;
  readonly snapshotMs: number;
  readonly send: (publication: Publication) => void;
}

/** Held-back updates follow the snapshot this far apart. */
const CATCH_UP = 10 * MS;

export function createLevel2Streams({ queue, supply, snapshotMs, send }: Level2Ports): Level2Streams {
  const streams = new Map<string, Stream>();
  const preparation = snapshotMs * MS;

  /** The book is copied when its preparation begins; what happens meanwhile is held back. */
  const prepare = (product: string, stream: Stream, at: number): void => {
    if (streams.get(product) !== stream) return;
    stream.phase = 'preparing';
    const tail = tailOf(supply.snapshot(product, 'level2'));
    const release = (now: number): void => {
      if (streams.get(product) !== stream) return;
      send({ at: now, channel: 'l2_data', product, tail });
      catchUp(product, stream, now);
    };
    if (preparation === 0) release(at);
    else queue.add(at + preparation, release);
  };

  const catchUp = (product: string, stream: Stream, at: number): void => {
    stream.phase = stream.held.length === 0 ? 'live' : 'catching-up';
    if (stream.phase === 'live') return;
    queue.add(at + CATCH_UP, (now) => {
      const next = stream.held.shift();
      if (streams.get(product) !== stream || next === undefined) return;
      send({ at: now, channel: next.channel, product, tail: next.tail });
      catchUp(product, stream, now);
    });
  };

  return {
    start(products, at) {
      products.forEach((product, index) => {
        const stream: Stream = { phase: 'waiting', held: [] };
        streams.set(product, stream);
        const begins = at + index * preparation;
        if (begins === at) prepare(product, stream, at);
        else queue.add(begins, (now) => prepare(product, stream, now));
      });
      return at + products.length * preparation;
    },
    stop(products) {
      for (const product of products) streams.delete(product);
    },
    publish(publication) {
      const stream = streams.get(publication.product);
      if (stream === undefined || stream.phase === 'waiting') return;
      if (stream.phase === 'live') {
        send(publication);
        return;
      }
      // Written now: a publication describes the market of the moment it is asked.
      const { at, channel, product, tail } = publication;
      stream.held.push({ at, channel, product, tail });
    },
  };
}
