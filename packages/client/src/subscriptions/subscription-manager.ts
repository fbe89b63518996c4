// Manages the subscriptions of one connection: sends requests, applies acknowledgements and error replies. The reducer
// decides.
import {
  isPrivateChannel,
  type SubscriptionsEvent,
  subscribeRequest,
  unsubscribeRequest,
} from '@feedtape/protocol';
import type { Instant } from '../model/clock.ts';
import * as reducer from './subscription-reducer.ts';
import { type SubscriptionRequest, initialSubscriptionState } from './subscription-state.ts';
import type { Origin } from '../model/item.ts';
import type { SubscriptionHost } from './subscription-host.ts';
import { plainText } from '../model/log.ts';
import { subscriptionDeadline, nextRequest } from './next-request.ts';
import { rememberAccount, withoutAccount, withoutToken } from '../model/redaction.ts';
import {
  includesProduct,
  listedIn,
  noSubscriptions,
  type SubscriptionSet,
  subscriptionSetOf,
  twinOf,
} from './subscription-set.ts';
import type { TransportSocket } from '../transport/transport.ts';

export class SubscriptionManager {
  readonly #host: SubscriptionHost;
  readonly #origin: Origin;
  readonly #socket: TransportSocket;
  #state = initialSubscriptionState;
  #desired = noSubscriptions;
  #signed = false;
  /** How far the server's clock and ours differ, where both are known. */
  readonly #clockOffMs: number | undefined;

  constructor(
    host: SubscriptionHost,
    origin: Origin,
    socket: TransportSocket,
    clockOffMs: number | undefined,
  ) {
    this.#host = host;
    this.#origin = origin;
    this.#socket = socket;
    this.#clockOffMs = clockOffMs;
  }

  /** The last acknowledgement. */
  get acknowledged(): SubscriptionSet {
    return this.#state.acknowledged;
  }

  get hasRequested(): boolean {
    return this.#state.requested.size > 0;
  }

  get awaitsSnapshots(): boolean {
    return this.#state.snapshots.size > 0;
  }

  /** Whether a level2 product, as named on the wire, is desired here or not yet unsubscribed. */
  tracks(productId: string): boolean {
    return (
      includesProduct(this.#desired.get('level2'), productId) ||
      includesProduct(this.#state.requested.get('level2'), productId)
    );
  }

  /** The names under which the exchange serves a requested level2 product. */
  servedAs(productId: string): readonly string[] {
    const served = this.#state.acknowledged.get('level2');
    const twin = productId.endsWith('-USDC') ? twinOf(productId) : undefined;
    return twin === undefined || served?.has(productId) === true ? [productId] : [productId, twin];
  }

  setDesired(desired: SubscriptionSet): void {
    this.#desired = desired;
    this.#state = reducer.desiredChanged(this.#state, desired);
  }

  /** Returns the next request, if any. */
  nextRequest(now: Instant): SubscriptionRequest | undefined {
    return nextRequest(this.#state, this.#desired, now, this.#host.admission.signedAt);
  }

  send(request: SubscriptionRequest, jwt: string | undefined, now: Instant): void {
    const { channel, productIds } = request;
    const make = request.type === 'subscribe' ? subscribeRequest : unsubscribeRequest;
    const message = make({ channel, productIds, ...(jwt !== undefined && { jwt }) });
    this.#state = reducer.requestSent(this.#state, request, now, this.#host.settings);
    this.#signed = jwt !== undefined;
    if (jwt !== undefined) this.#host.secrets.rememberToken(jwt);
    this.#socket.send(JSON.stringify(message));
    this.#host.queue.add({ kind: 'sent', ...this.#origin, at: now, request: withoutToken(message) });
  }

  /** Applies timeouts; returns whether the exchange stopped answering. */
  tick(now: Instant): boolean {
    const { state, unresponsive } = reducer.expireTimeouts(this.#state, now, this.#host.settings);
    this.#state = state;
    return unresponsive;
  }

  deadline(now: Instant): Instant {
    return subscriptionDeadline(this.#state, now);
  }

  /** For `ms` until now nothing was read here: the exchange is not to blame. */
  extendDeadlines(ms: number, now: Instant): void {
    this.#state = reducer.extendDeadlines(this.#state, ms, now, this.#host.settings);
  }

  /** Frames are missing: all books of this connection need new snapshots. */
  repairAll(now: Instant): void {
    this.#state = reducer.framesLost(this.#state, now, this.#host.settings);
  }

  repair(productIds: readonly string[]): void {
    this.#state = reducer.repairProducts(this.#state, productIds);
  }

  snapshotReceived(productId: string): void {
    this.#state = reducer.snapshotReceived(this.#state, productId);
  }

  /** One frame answers one request: its events, however many, list the set together. */
  onAcknowledgement(events: readonly SubscriptionsEvent[], at: Instant): void {
    if (events.length === 0) return;
    const subscriptions = listedIn(events);
    const answered = this.#state.pending?.request;
    rememberAccount(subscriptions, this.#host.secrets);
    const { state, missing, aliases } = reducer.acknowledgementReceived(
      this.#state,
      subscriptionSetOf(subscriptions),
      at,
      this.#host.settings,
    );
    this.#state = state;
    if (answered !== undefined) this.#host.admission.requestAccepted(answered.channel);
    this.#host.level2Limit.acknowledged(state.acknowledged.get('level2')?.size ?? 0);
    this.#host.queue.add({
      kind: 'subscribed',
      ...this.#origin,
      at,
      subscriptions: withoutAccount(subscriptions, this.#host.secrets),
      missing,
      aliases: Object.fromEntries(aliases),
    });
    this.#host.transitions.requestRound();
  }

  /** An error reply; it most likely answers the request under way. Where there is none it is only reported. */
  onErrorReply(text: string, at: Instant): void {
    const host = this.#host;
    const message = plainText(host.secrets.hide(text));
    const request = this.#state.pending?.request;
    const products = this.#state.requested.get('level2')?.size ?? 0;
    this.#state = reducer.requestRejected(this.#state, at, this.#retryAt(text, message, at), host.settings);
    const likely =
      request &&
      withoutToken({ type: request.type, channel: request.channel, product_ids: request.productIds });
    host.queue.add({ kind: 'rejected', ...this.#origin, at, message, likely });
    host.log({
      level: 'warn',
      event: 'request-rejected',
      connection: this.#origin.connection,
      details: { message, channel: request?.channel },
    });
    if (isTooMany(text, request)) this.#lowerLevel2Limit(products, at);
    host.transitions.requestRound();
  }

  #lowerLevel2Limit(products: number, now: Instant): void {
    const { level2Limit, log } = this.#host;
    const from = level2Limit.value;
    level2Limit.lower(products, now);
    log({ level: 'warn', event: 'level2-limit-lowered', details: { from, to: level2Limit.value } });
  }

  /** Returns when to repeat a rejected request; `undefined` for the default. */
  #retryAt(text: string, message: string, at: Instant): Instant | undefined {
    const host = this.#host;
    const request = this.#state.pending?.request;
    // An error that answers nothing says nothing about us.
    if (request === undefined) return undefined;
    const { channel } = request;
    if (text === 'authentication failure') {
      if (!this.#signed || isPrivateChannel(channel))
        return host.admission.authenticationRefused({ channel, message, clockOffMs: this.#clockOffMs }, at);
      host.admission.publicTokenRefused();
    } else if (text === 'rate limit exceeded') host.admission.rateLimited(at);
    else if (!isTooMany(text, request)) return undefined;
    return at + host.settings.backoff.refusedMs;
  }
}

const isTooMany = (text: string, request: SubscriptionRequest | undefined): boolean =>
  text.startsWith('too many L2 streams') && request?.type === 'subscribe' && request.channel === 'level2';
