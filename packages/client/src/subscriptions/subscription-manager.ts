// What one connection says and hears: requests, acknowledgements, refusals. The dialogue decides; this carries out.
import {
  isPrivateChannel,
  type SubscriptionsEvent,
  subscribeRequest,
  unsubscribeRequest,
} from '@feedtape/protocol';
import type { Instant } from '../model/clock.ts';
import * as dialogue from './subscription-reducer.ts';
import { type Ask, silentDialogue } from './subscription-state.ts';
import type { Origin } from '../model/item.ts';
import type { SubscriptionHost } from './subscription-host.ts';
import { plainText } from '../model/log.ts';
import { dialogueDeadline, nextAsk } from './next-request.ts';
import { rememberAccount, withoutAccount, withoutToken } from '../model/redaction.ts';
import { isAmong, listedIn, noTopics, type Topics, topicsOf, twinOf } from './subscription-set.ts';
import type { TransportSocket } from '../transport/transport.ts';

export class Conversation {
  readonly #host: SubscriptionHost;
  readonly #origin: Origin;
  readonly #socket: TransportSocket;
  #state = silentDialogue;
  #wanted = noTopics;
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
  get acked(): Topics {
    return this.#state.acked;
  }

  get anythingAsked(): boolean {
    return this.#state.asked.size > 0;
  }

  get awaitsSnapshots(): boolean {
    return this.#state.snapshots.size > 0;
  }

  /** Whether a level2 product, as named on the wire, is wanted here or has not been ended yet. */
  holds(productId: string): boolean {
    return (
      isAmong(this.#wanted.get('level2'), productId) || isAmong(this.#state.asked.get('level2'), productId)
    );
  }

  /** The names under which the exchange serves a level2 product that was asked for. */
  servedAs(productId: string): readonly string[] {
    const served = this.#state.acked.get('level2');
    const twin = productId.endsWith('-USDC') ? twinOf(productId) : undefined;
    return twin === undefined || served?.has(productId) === true ? [productId] : [productId, twin];
  }

  want(wanted: Topics): void {
    this.#wanted = wanted;
    this.#state = dialogue.wantedNow(this.#state, wanted);
  }

  /** What to ask next, if anything. */
  ask(now: Instant): Ask | undefined {
    return nextAsk(this.#state, this.#wanted, now, this.#host.admission.signedAt);
  }

  send(ask: Ask, jwt: string | undefined, now: Instant): void {
    const { channel, productIds } = ask;
    const make = ask.type === 'subscribe' ? subscribeRequest : unsubscribeRequest;
    const request = make({ channel, productIds, ...(jwt !== undefined && { jwt }) });
    this.#state = dialogue.asked(this.#state, ask, now, this.#host.settings.patience);
    this.#signed = jwt !== undefined;
    if (jwt !== undefined) this.#host.secrets.rememberToken(jwt);
    this.#socket.send(JSON.stringify(request));
    this.#host.queue.add({ kind: 'sent', ...this.#origin, at: now, request: withoutToken(request) });
  }

  /** Lets time pass; whether the other side has stopped answering. */
  tick(now: Instant): boolean {
    const { state, deaf } = dialogue.expire(this.#state, now, this.#host.settings.patience);
    this.#state = state;
    return deaf;
  }

  deadline(now: Instant): Instant {
    return dialogueDeadline(this.#state, now);
  }

  /** For `ms` until now nothing was read here: the exchange is not to blame. */
  excuse(ms: number, now: Instant): void {
    this.#state = dialogue.excuse(this.#state, ms, now, this.#host.settings.patience);
  }

  /** Frames are missing: all books of this connection need new snapshots. */
  repairAll(now: Instant): void {
    this.#state = dialogue.lostTrack(this.#state, now, this.#host.settings.patience);
  }

  repair(productIds: readonly string[]): void {
    this.#state = dialogue.repairAlso(this.#state, productIds);
  }

  snapshotCame(productId: string): void {
    this.#state = dialogue.snapshotCame(this.#state, productId);
  }

  /** One frame answers one request: its events, however many, list the set together. */
  acknowledged(events: readonly SubscriptionsEvent[], at: Instant): void {
    if (events.length === 0) return;
    const subscriptions = listedIn(events);
    const answered = this.#state.pending?.ask;
    rememberAccount(subscriptions, this.#host.secrets);
    const { state, missing, aliases } = dialogue.acknowledged(
      this.#state,
      topicsOf(subscriptions),
      at,
      this.#host.settings.patience,
    );
    this.#state = state;
    if (answered !== undefined) this.#host.admission.accepted(answered.channel);
    this.#host.level2Limit.acknowledged(state.acked.get('level2')?.size ?? 0);
    this.#host.queue.add({
      kind: 'subscribed',
      ...this.#origin,
      at,
      subscriptions: withoutAccount(subscriptions, this.#host.secrets),
      missing,
      aliases: Object.fromEntries(aliases),
    });
    this.#host.transitions.unsettle();
  }

  /** An error reply; it most likely answers the request under way. Where there is none it is only reported. */
  refused(text: string, at: Instant): void {
    const host = this.#host;
    const message = plainText(host.secrets.hide(text));
    const ask = this.#state.pending?.ask;
    const products = this.#state.asked.get('level2')?.size ?? 0;
    this.#state = dialogue.refused(this.#state, at, this.#retryAt(text, message, at), host.settings.patience);
    const likely = ask && withoutToken({ type: ask.type, channel: ask.channel, product_ids: ask.productIds });
    host.queue.add({ kind: 'rejected', ...this.#origin, at, message, likely });
    host.log({
      level: 'warn',
      event: 'request-rejected',
      connection: this.#origin.connection,
      details: { message, channel: ask?.channel },
    });
    if (isTooMany(text, ask)) this.#lowerLevel2Limit(products, at);
    host.transitions.unsettle();
  }

  #lowerLevel2Limit(products: number, now: Instant): void {
    const { level2Limit, log } = this.#host;
    const from = level2Limit.value;
    level2Limit.refused(products, now);
    log({ level: 'warn', event: 'level2-limit-lowered', details: { from, to: level2Limit.value } });
  }

  /** When to ask again what was refused; `undefined`: as for anything refused. */
  #retryAt(text: string, message: string, at: Instant): Instant | undefined {
    const host = this.#host;
    const ask = this.#state.pending?.ask;
    // An error that answers nothing says nothing about us.
    if (ask === undefined) return undefined;
    const { channel } = ask;
    if (text === 'authentication failure') {
      if (!this.#signed || isPrivateChannel(channel))
        return host.admission.refused({ channel, message, clockOffMs: this.#clockOffMs }, at);
      host.admission.publicRefused();
    } else if (text === 'rate limit exceeded') host.admission.rateLimited(at);
    else if (!isTooMany(text, ask)) return undefined;
    return at + host.settings.patience.refusedMs;
  }
}

const isTooMany = (text: string, ask: Ask | undefined): boolean =>
  text.startsWith('too many L2 streams') && ask?.type === 'subscribe' && ask.channel === 'level2';
