import { EventQueue } from '../model/event-queue.ts';
import type { SnapshotChannel } from '../market/product-market.ts';
import { type Publication, tailOf } from '../market/publication.ts';
import type { Random } from '../model/random.ts';
import { MS } from '../market/wire-text.ts';
import { acknowledgement } from './acknowledgement.ts';
import {
  type Endpoint,
  hasProducts,
  isServed,
  productOf,
  type RequestChannel,
  wireName,
} from '../market/channels.ts';
import type { Supply } from './supply.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createLevel2Streams } from './level2-streams.ts';
import type { Request } from './request.ts';

/** Delays of the exchange, in milliseconds of exchange time, at least 0. */
export interface Timings {
  /** Requests are processed at the next multiple of this, so that a burst is one instant for any seed. @default 100 */
  readonly intakeMs: number;
  /** Time to build one level2 snapshot. Updates during it follow right after. @default 108 */
  readonly snapshotMs: number;
}

export interface SubscriptionsPorts {
  readonly endpoint: Endpoint;
  readonly supply: Supply;
  readonly timings: Timings;
  readonly mostLevel2Products: number;
  readonly random: Random;
  /** Sends the next frame; the pipeline adds its sequence number. */
  readonly send: (publication: Publication) => void;
  /** Sends an error reply, the only kind of frame without a sequence number. */
  readonly sendError: (message: string) => void;
}

/** How a request without effect is acknowledged: with the set as it is, or as the request would leave it. */
export type Lie = 'ignored' | 'pretended';

/**
 * The subscriptions of one connection, as a state machine over exchange time (nanoseconds since the exchange started):
 * requests and publications in, frames out. No clock, no socket, no faults.
 */
export interface Subscriptions {
  /** When the next action is due. */
  nextAt(): number;
  /** Runs every action that is due. */
  advance(now: number): void;
  /** `refusal`: the error that replies to the request, unless it is granted. Replies keep the order of requests. */
  request(request: Request, refusal: string | undefined, at: number, lie?: Lie): void;
  publish(publication: Publication): void;
  readonly channels: ReadonlyMap<RequestChannel, ReadonlySet<string>>;
  /** Whether any request may be followed by private frames, so that each needs a token. */
  readonly needsToken: boolean;
}

export const TOO_MANY_L2 = 'too many L2 streams requested in a single session';
/** Measured between the last snapshot of a level2 request and its acknowledgement. */
const ACK_DELAY = 10.4 * MS;
const SNAPSHOT_ON_EVERY_REQUEST: ReadonlySet<RequestChannel> = new Set(['market_trades']);

export function createSubscriptions(ports: SubscriptionsPorts): Subscriptions {
  const { endpoint, supply, timings, send, sendError } = ports;
  const channels = new Map<RequestChannel, Set<string>>();
  const queue = new EventQueue<(at: number) => void>();
  const level2 = createLevel2Streams({ queue, supply, snapshotMs: timings.snapshotMs, send });
  const heartbeat = createHeartbeat({ queue, supply, random: ports.random, send });
  const accountIds = new Map<RequestChannel, string>();
  let busyUntil = 0;

  const acknowledge = (at: number): void => send(acknowledgement(at, channels, accountIds));

  const take = (request: Request, at: number, lie: Lie | undefined): void => {
    if (!isServed(request.channel, endpoint)) return;
    if (lie !== undefined) {
      const listed = lie === 'pretended' ? afterwards(request, request.channel) : channels;
      send(acknowledgement(at, listed, accountIds));
      return;
    }
    if (request.type === 'subscribe') subscribe(request.channel, productsOf(request, request.channel), at);
    else unsubscribe(request.channel, request.products, at);
  };

  /** The channels after the request. */
  const afterwards = (
    request: Request,
    channel: RequestChannel,
  ): ReadonlyMap<RequestChannel, Set<string>> => {
    const named = productsOf(request, channel);
    const held = channels.get(channel) ?? new Set<string>();
    const products =
      request.type === 'subscribe' ? [...held, ...named] : [...held].filter((id) => !named.includes(id));
    const next = new Map(channels).set(channel, new Set(products));
    if (request.type === 'unsubscribe' && products.length === 0) next.delete(channel);
    return next;
  };

  /** Unknown products are silently omitted. */
  const productsOf = (request: Request, channel: RequestChannel): string[] => {
    const named = new Set((request.products ?? []).map((id) => productOf(channel, id)));
    return channel === 'user' ? [...named] : [...named].filter((id) => supply.lists(id));
  };

  const subscribe = (channel: RequestChannel, products: string[], at: number): void => {
    const held = channels.get(channel) ?? new Set<string>();
    const fresh = products.filter((id) => !held.has(id));
    if (channel === 'level2' && held.size + fresh.length > ports.mostLevel2Products) {
      sendError(TOO_MANY_L2);
      return;
    }
    for (const id of fresh) held.add(id);
    const perProduct = hasProducts(channel);
    if (held.size > 0 || !perProduct) channels.set(channel, held);
    if (channel === 'level2') {
      const ready = level2.start(fresh, at);
      busyUntil = fresh.length === 0 ? ready : ready + ACK_DELAY;
      queue.add(busyUntil, acknowledge);
      return;
    }
    if (perProduct) {
      for (const id of SNAPSHOT_ON_EVERY_REQUEST.has(channel) ? products : fresh)
        sendSnapshot(channel, id, at);
    } else if (channel === 'heartbeats') {
      heartbeat.start(at);
    } else {
      const account = supply.account(channel, products);
      accountIds.set(channel, account.id);
      for (const event of account.events)
        send({ at, channel: wireName(channel), product: '', tail: tailOf(event) });
    }
    acknowledge(at);
  };

  const sendSnapshot = (channel: SnapshotChannel, product: string, at: number): void => {
    send({ at, channel: wireName(channel), product, tail: tailOf(supply.snapshot(product, channel)) });
  };

  const unsubscribe = (
    channel: RequestChannel,
    products: readonly string[] | undefined,
    at: number,
  ): void => {
    const held = channels.get(channel);
    const named = (products ?? []).map((id) => productOf(channel, id));
    const gone = named.length === 0 ? [...(held ?? [])] : named;
    for (const id of gone) held?.delete(id);
    if (channel === 'level2') level2.stop(gone);
    if (held?.size === 0) {
      channels.delete(channel);
      accountIds.delete(channel);
      if (channel === 'heartbeats') heartbeat.stop();
    }
    acknowledge(at);
  };

  return {
    channels,
    needsToken: false,
    nextAt: () => queue.nextAt,
    advance(now) {
      while (queue.nextAt <= now) {
        const at = queue.nextAt;
        queue.take()?.(at);
      }
    },
    request(request, refusal, at, lie) {
      const intake = timings.intakeMs * MS;
      const takenUpAt = intake === 0 ? at : (Math.floor(at / intake) + 1) * intake;
      // One request at a time: the next waits until this one is acknowledged.
      const serve = (now: number): void => {
        if (busyUntil > now) queue.add(busyUntil, serve);
        else if (refusal === undefined) take(request, now, lie);
        else sendError(refusal);
      };
      queue.add(takenUpAt, serve);
    },
    publish(publication) {
      const { channel, product } = publication;
      if (channel === 'l2_data') level2.publish(publication);
      else if (channels.get(channel as RequestChannel)?.has(product) === true) send(publication);
      else if (channel === 'user' || channel === 'futures_balance_summary') publishPrivate(publication);
    },
  };

  /** A `user` subscription without products covers all products. */
  function publishPrivate(publication: Publication): void {
    const held = channels.get(publication.channel as RequestChannel);
    if (held?.size === 0) send(publication);
  }
}
