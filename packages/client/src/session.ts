// The life of one open socket: its frames, its requests, their answers.
import { decode, type Decoded, peek, subscribeRequest, unsubscribeRequest } from '@feedtape/protocol';
import type { Sequencer, Verdict } from '@feedtape/sequencer';
import type { Instant } from './clock.ts';
import * as dialogue from './dialogue.ts';
import { type GapItem, type Received, ReceivedFrame, type StaleItem } from './feed-item.ts';
import type { FeedPort } from './feed-port.ts';
import type { Freshness } from './freshness.ts';
import { plainText } from './log.ts';
import { dialogueDeadline, nextAsk } from './next-ask.ts';
import { withoutAccount, withoutToken } from './redaction.ts';
import { type Topics, topicsOf } from './topics.ts';
import type { TransportSocket } from './transport.ts';

/** What the end of a connection is called in its `gap` and `stale` items. */
export type Loss = 'disconnect' | 'backpressure' | 'restart' | 'gap';

/** What a session needs to know of the place it fills. */
export interface SessionPlace {
  readonly connection: number;
  readonly socket: TransportSocket;
  readonly sequencer: Sequencer;
  readonly freshness: Freshness;
  /** Gives this socket up for a new one. */
  abandon(why: Loss, explanation: string): void;
}

export class Session {
  readonly #port: FeedPort;
  readonly #place: SessionPlace;
  readonly #connection: number;
  readonly #sequencer: Sequencer;
  #dialogue = dialogue.silentDialogue;
  #wanted: Topics = new Map();
  #index = 0;
  #dropped: { count: number; from: number | undefined; to: number | undefined } | undefined;
  #silent = false;
  #ended = false;
  heardAt: Instant;
  /** Whether a frame of a channel with data has come. */
  data = false;
  bytes = 0;
  /** Milliseconds from the exchange's timestamp of the last heartbeat to its arrival, by our wall clock. */
  lagMs: number | undefined;

  constructor(port: FeedPort, place: SessionPlace) {
    this.#port = port;
    this.#place = place;
    this.#connection = place.connection;
    this.#sequencer = place.sequencer;
    this.heardAt = port.clock.now();
  }

  get frames(): number {
    return this.#index;
  }

  get acked(): Topics {
    return this.#dialogue.acked;
  }

  want(wanted: Topics): void {
    this.#wanted = wanted;
    this.#dialogue = dialogue.wantedNow(this.#dialogue, wanted);
  }

  /** The hot path: what brings no news goes straight through. */
  received(bytes: Uint8Array, binary: boolean): void {
    const at = this.#port.clock.now();
    this.heardAt = at;
    this.bytes += bytes.byteLength;
    const { channel, sequence } = peek(bytes);
    if (channel === undefined || sequence === undefined) {
      this.#unusual({ bytes, binary, at });
      return;
    }
    const verdict = this.#sequencer.push(sequence);
    const frame = new ReceivedFrame({ bytes, binary, at }, this.#connection, this.#index, verdict, channel);
    this.#index += 1;
    if (verdict.kind !== 'next' || this.#silent || this.#listensTo(channel)) {
      this.#notable(frame, channel, sequence);
    } else {
      this.data = true;
      this.#deliver(frame, sequence);
    }
  }

  ask(now: Instant): dialogue.Ask | undefined {
    return this.#ended ? undefined : nextAsk(this.#dialogue, this.#wanted, now);
  }

  send(ask: dialogue.Ask, jwt: string | undefined, now: Instant): void {
    const { channel, productIds } = ask;
    const make = ask.type === 'subscribe' ? subscribeRequest : unsubscribeRequest;
    const request = make({ channel, productIds, ...(jwt !== undefined && { jwt }) });
    this.#dialogue = dialogue.asked(this.#dialogue, ask, now, this.#port.patience);
    this.#place.socket.send(JSON.stringify(request));
    this.#port.emit({ kind: 'sent', connection: this.#connection, at: now, request: withoutToken(request) });
  }

  tick(now: Instant): void {
    const { state, deaf } = dialogue.expire(this.#dialogue, now, this.#port.patience);
    this.#dialogue = state;
    if (deaf) this.#place.abandon('disconnect', 'requests are not answered');
    else if (this.#dropped !== undefined && this.#port.roomy) this.#stopDropping(now);
  }

  deadline(now: Instant): Instant {
    return dialogueDeadline(this.#dialogue, now);
  }

  /** No frame for a while. */
  hush(now: Instant): void {
    this.#silent = true;
    const productIds = this.#place.freshness.hush();
    if (productIds.length > 0) this.#emitStale('silence', productIds, now);
  }

  /** Somebody found these books to be wrong. */
  refresh(productIds: readonly string[]): void {
    const now = this.#port.clock.now();
    const lost = this.#place.freshness.lose(productIds);
    this.#dialogue = dialogue.repairAlso(this.#dialogue, lost);
    this.#emitStale('refresh', lost, now);
  }

  /** The socket is gone: says what is lost with it. */
  end(loss: Loss | undefined, now: Instant): void {
    this.#ended = true;
    if (this.#dropped !== undefined) this.#emitDropped(now);
    this.#sequencer.close();
    if (loss === undefined) return;
    const why = loss === 'gap' ? 'disconnect' : loss;
    if (this.#dialogue.asked.size > 0) this.#emitGap({ why, count: null }, now);
    this.#emitStale(why, this.#place.freshness.loseAll(), now);
  }

  #listensTo(channel: string): boolean {
    if (channel === 'l2_data') return this.#dialogue.awaited.size > 0 || this.#place.freshness.anyStale;
    return channel === 'subscriptions' || channel === 'heartbeats';
  }

  /** A frame that tells no channel or number at a glance: an error reply, or something broken. */
  #unusual(received: Received): void {
    const decoded = decode(received.bytes);
    const numbered = decoded.kind !== 'error';
    const sequence = numbered && decoded.kind !== 'malformed' ? decoded.sequence : undefined;
    const verdict = numbered ? this.#sequencer.push(sequence) : undefined;
    const frame = new ReceivedFrame(received, this.#connection, this.#index, verdict, decoded);
    this.#index += 1;
    this.#notable(frame, channelOf(decoded), sequence);
  }

  #notable(frame: ReceivedFrame, channel: string | undefined, sequence: number | undefined): void {
    const { verdict, receivedAt } = frame;
    if (verdict?.kind === 'gap') {
      this.#emitGap({ why: 'sequence', missing: verdict.missing, count: verdict.count }, receivedAt);
      this.#emitStale('gap', this.#place.freshness.loseAll(), receivedAt);
    }
    this.#deliver(frame, sequence);
    if (this.#silent) this.#speak(receivedAt);
    if (verdict !== undefined) this.#heed(verdict, receivedAt);
    if (this.#ended) return;
    if (channel === 'l2_data') this.#look(frame);
    else if (channel === 'subscriptions' || channel === 'heartbeats') this.#listen(frame);
    else if (channel === undefined && frame.decoded.kind === 'error')
      this.#refused(frame.decoded.message.message, receivedAt);
    if (channel !== undefined && channel !== 'subscriptions') this.data = true;
  }

  #heed(verdict: Verdict, at: Instant): void {
    if (verdict.kind === 'gap') this.#repair('gap', at);
    else if ((verdict.kind === 'duplicate' || verdict.kind === 'stale') && verdict.restart === true)
      this.#place.abandon('restart', 'the exchange began to count anew');
  }

  #repair(reason: 'gap' | 'backpressure', at: Instant): void {
    const { recovery, patience } = this.#port;
    if (recovery === 'reconnect') this.#place.abandon(reason, 'frames are missing');
    else if (recovery === 'resubscribe') {
      this.#dialogue = dialogue.lostTrack(this.#dialogue, at, patience);
      this.#port.settle();
    }
  }

  #deliver(frame: ReceivedFrame, sequence: number | undefined): void {
    if (this.#dropped !== undefined && this.#port.roomy) this.#stopDropping(frame.receivedAt);
    if (!this.#port.full && this.#dropped === undefined) {
      this.#port.emit(frame);
      return;
    }
    this.#dropped ??= { count: 0, from: sequence, to: undefined };
    this.#dropped.count += 1;
    this.#dropped.to = sequence;
    if (this.#dropped.count === 1)
      this.#emitStale('backpressure', this.#place.freshness.loseAll(), frame.receivedAt);
  }

  #stopDropping(at: Instant): void {
    this.#emitDropped(at);
    this.#repair('backpressure', at);
  }

  #emitDropped(at: Instant): void {
    const { count = 0, from, to } = this.#dropped ?? {};
    this.#dropped = undefined;
    const known = from !== undefined && to !== undefined && to - from + 1 === count;
    this.#emitGap({ why: 'backpressure', count, ...(known && { missing: { from, to } }) }, at);
  }

  /** Only while a snapshot is waited for. */
  #look(frame: ReceivedFrame): void {
    const { decoded } = frame;
    if (decoded.kind !== 'message' || decoded.channel !== 'l2_data') return;
    for (const { type, product_id: productId } of decoded.message.events) {
      if (type !== 'snapshot') continue;
      this.#dialogue = dialogue.snapshotCame(this.#dialogue, productId);
      const recovered = this.#place.freshness.freshen(productId);
      // Dropped while the consumer was behind: it has not seen the snapshot.
      if (this.#dropped !== undefined) this.#place.freshness.loseAll();
      else if (recovered) this.#emitRecovered([productId], frame.receivedAt);
    }
  }

  #listen(frame: ReceivedFrame): void {
    const { decoded, receivedAt: at } = frame;
    if (decoded.kind !== 'message') return;
    if (decoded.channel === 'heartbeats') {
      const wall = this.#port.clock.wall?.();
      if (wall !== undefined) this.lagMs = wall - Date.parse(decoded.message.timestamp);
    } else if (decoded.channel === 'subscriptions') {
      const [event] = decoded.message.events;
      if (event === undefined) return;
      const answered = this.#dialogue.pending?.ask;
      const served = topicsOf(event.subscriptions);
      const ack = dialogue.acknowledged(this.#dialogue, served, at, this.#port.patience);
      this.#dialogue = ack.state;
      if (answered !== undefined) this.#port.accepted(answered.channel);
      this.#port.emit({
        kind: 'subscribed',
        connection: this.#connection,
        at,
        subscriptions: withoutAccount(event.subscriptions),
        missing: ack.missing,
        aliases: Object.fromEntries(ack.aliases),
      });
      this.#port.settle();
    }
  }

  #refused(text: string, at: Instant): void {
    const port = this.#port;
    const message = plainText(text);
    const ask = this.#dialogue.pending?.ask;
    let retryAt: Instant | undefined;
    if (text === 'authentication failure') retryAt = port.authenticationFailed(ask?.channel, message, at);
    else if (text === 'rate limit exceeded') {
      port.rateLimited(at);
      retryAt = at + port.patience.refusedMs;
    }
    this.#dialogue = dialogue.refused(this.#dialogue, at, retryAt, port.patience);
    const likely = ask && withoutToken({ type: ask.type, channel: ask.channel, product_ids: ask.productIds });
    port.emit({ kind: 'rejected', connection: this.#connection, at, message, likely });
    port.log({
      level: 'warn',
      event: 'request-rejected',
      connection: this.#connection,
      details: { message, channel: ask?.channel },
    });
    if (text.startsWith('too many L2 streams') && ask?.type === 'subscribe' && ask.channel === 'level2')
      port.level2Refused(this.#dialogue.acked.get('level2')?.size || Math.floor(ask.productIds.length / 2));
    port.settle();
  }

  #speak(at: Instant): void {
    this.#silent = false;
    this.#emitRecovered(this.#place.freshness.speak(), at);
  }

  #emitGap(gap: Pick<GapItem, 'why' | 'missing' | 'count'>, at: Instant): void {
    this.#port.emit({ kind: 'gap', connection: this.#connection, at, ...gap });
  }

  #emitStale(reason: StaleItem['reason'], productIds: readonly string[], at: Instant): void {
    if (productIds.length === 0) return;
    this.#port.emit({ kind: 'stale', connection: this.#connection, at, productIds, reason });
  }

  #emitRecovered(productIds: readonly string[], at: Instant): void {
    if (productIds.length === 0) return;
    this.#port.emit({ kind: 'recovered', connection: this.#connection, at, productIds });
  }
}

const channelOf = (decoded: Decoded): string | undefined =>
  decoded.kind === 'error' || decoded.kind === 'malformed' ? undefined : decoded.channel;
