// What one connection says and hears: requests, acknowledgements, refusals. The dialogue decides; this carries out.
import {
  isPrivateChannel,
  type SubscriptionsEvent,
  subscribeRequest,
  unsubscribeRequest,
} from '@feedtape/protocol';
import type { Instant } from './clock.ts';
import * as dialogue from './dialogue.ts';
import type { FeedPort } from './feed-port.ts';
import { plainText } from './log.ts';
import { dialogueDeadline, nextAsk } from './next-ask.ts';
import { rememberAccount, withoutAccount, withoutToken } from './redaction.ts';
import { type Topics, topicsOf } from './topics.ts';
import type { TransportSocket } from './transport.ts';

export class Conversation {
  readonly #port: FeedPort;
  readonly #connection: number;
  readonly #socket: TransportSocket;
  #state = dialogue.silentDialogue;
  #wanted: Topics = new Map();
  #signed = false;
  /** How far the server's clock and ours differ, where both are known. */
  readonly #clockOffMs: number | undefined;

  constructor(port: FeedPort, connection: number, socket: TransportSocket, clockOffMs: number | undefined) {
    this.#port = port;
    this.#connection = connection;
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
    return this.#state.awaited.size > 0;
  }

  want(wanted: Topics): void {
    this.#wanted = wanted;
    this.#state = dialogue.wantedNow(this.#state, wanted);
  }

  /** What to ask next, if anything. */
  ask(now: Instant): dialogue.Ask | undefined {
    return nextAsk(this.#state, this.#wanted, now, this.#port.signedAt);
  }

  send(ask: dialogue.Ask, jwt: string | undefined, now: Instant): void {
    const { channel, productIds } = ask;
    const make = ask.type === 'subscribe' ? subscribeRequest : unsubscribeRequest;
    const request = make({ channel, productIds, ...(jwt !== undefined && { jwt }) });
    this.#state = dialogue.asked(this.#state, ask, now, this.#port.patience);
    this.#signed = jwt !== undefined;
    if (jwt !== undefined) this.#port.secrets.rememberToken(jwt);
    this.#socket.send(JSON.stringify(request));
    this.#port.emit({ kind: 'sent', connection: this.#connection, at: now, request: withoutToken(request) });
  }

  /** Lets time pass; whether the other side has stopped answering. */
  tick(now: Instant): boolean {
    const { state, deaf } = dialogue.expire(this.#state, now, this.#port.patience);
    this.#state = state;
    return deaf;
  }

  deadline(now: Instant): Instant {
    return dialogueDeadline(this.#state, now);
  }

  /** Frames are missing: all books of this connection need new snapshots. */
  repairAll(now: Instant): void {
    this.#state = dialogue.lostTrack(this.#state, now, this.#port.patience);
  }

  repair(productIds: readonly string[]): void {
    this.#state = dialogue.repairAlso(this.#state, productIds);
  }

  snapshotCame(productId: string): void {
    this.#state = dialogue.snapshotCame(this.#state, productId);
  }

  acknowledged({ subscriptions }: SubscriptionsEvent, at: Instant): void {
    const answered = this.#state.pending?.ask;
    rememberAccount(subscriptions, this.#port.secrets);
    const { state, missing, aliases } = dialogue.acknowledged(
      this.#state,
      topicsOf(subscriptions),
      at,
      this.#port.patience,
    );
    this.#state = state;
    if (answered !== undefined) this.#port.accepted(answered.channel);
    this.#port.emit({
      kind: 'subscribed',
      connection: this.#connection,
      at,
      subscriptions: withoutAccount(subscriptions, this.#port.secrets),
      missing,
      aliases: Object.fromEntries(aliases),
    });
    this.#port.settle();
  }

  /** An error reply; it most likely answers the request under way. */
  refused(text: string, at: Instant): void {
    const port = this.#port;
    const message = plainText(port.secrets.hide(text));
    const ask = this.#state.pending?.ask;
    this.#state = dialogue.refused(this.#state, at, this.#retryAt(text, message, at), port.patience);
    const likely = ask && withoutToken({ type: ask.type, channel: ask.channel, product_ids: ask.productIds });
    port.emit({ kind: 'rejected', connection: this.#connection, at, message, likely });
    port.log({
      level: 'warn',
      event: 'request-rejected',
      connection: this.#connection,
      details: { message, channel: ask?.channel },
    });
    if (text.startsWith('too many L2 streams') && ask?.type === 'subscribe' && ask.channel === 'level2')
      port.level2Refused(this.acked.get('level2')?.size || Math.floor(ask.productIds.length / 2));
    port.settle();
  }

  /** When to ask again what was refused; `undefined`: as for anything refused. */
  #retryAt(text: string, message: string, at: Instant): Instant | undefined {
    const port = this.#port;
    const channel = this.#state.pending?.ask.channel;
    if (text === 'authentication failure') {
      if (channel === undefined || !this.#signed || isPrivateChannel(channel))
        return port.authenticationFailed({ channel, message, clockOffMs: this.#clockOffMs }, at);
      port.publicRefused();
      return at + port.patience.refusedMs;
    }
    if (text !== 'rate limit exceeded') return undefined;
    port.rateLimited(at);
    return at + port.patience.refusedMs;
  }
}
