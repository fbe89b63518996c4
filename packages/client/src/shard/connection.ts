// The life of one open socket: its frames are counted, judged and handed on.
import { decode, peek, type Peeked } from '@feedtape/protocol';
import type { HeartbeatMonitor, Sequencer, Verdict } from '@feedtape/sequencer';
import { type Instant, STALL_MS } from '../model/clock.ts';
import { Conversation } from '../subscriptions/subscription-manager.ts';
import {
  type GapItem,
  isInOrder,
  type Origin,
  type Reader,
  ReceivedFrame,
  type StaleItem,
} from '../model/item.ts';
import type { Ask } from '../subscriptions/subscription-state.ts';
import { DroppedFrames } from './dropped-frames.ts';
import type { ShardHost } from './shard-host.ts';
import { booksOf, type FrameBooks, looksLikeLevel2 } from './frame-books.ts';
import type { Freshness } from './book-freshness.ts';
import { isKnownChannel } from '../model/redaction.ts';
import { ProductNames } from './product-names.ts';
import { ProductPulse } from './stall-detector.ts';
import type { TransportSocket } from '../transport/transport.ts';

/** What the end of a connection is called in its `gap` and `stale` items. */
export type Loss = 'disconnect' | 'backpressure' | 'restart' | 'gap';

/** What a session needs to know of the place it fills. */
export interface SessionPlace {
  readonly origin: Origin;
  readonly socket: TransportSocket;
  readonly sequencer: Sequencer;
  readonly freshness: Freshness;
  readonly heartbeats: HeartbeatMonitor;
  /** How far the server's clock and ours differ, where both are known. */
  readonly clockOffMs: number | undefined;
  /** Gives this socket up for a new one. */
  abandon(why: Loss, explanation: string): void;
}

/** One wrong number can make all that follow look old: then only a new connection helps. */
const MOST_DISORDER = 100;

const NOTHING_PEEKED: Peeked = {};

export class Session {
  readonly conversation: Conversation;
  readonly #host: ShardHost;
  readonly #place: SessionPlace;
  readonly #sequencer: Sequencer;
  readonly #pulse: ProductPulse;
  readonly #names = new ProductNames();
  readonly #bookReader: Reader;
  readonly #otherReader: Reader;
  #index = 0;
  #dropped: DroppedFrames | undefined;
  #silent = false;
  /** Frames in a row whose number is neither the next one nor a later one. */
  #disorder = 0;
  #ended = false;
  heardAt: Instant;
  /** Whether a frame of a channel with data has come. */
  data = false;
  bytes = 0;
  /** Milliseconds from the exchange's timestamp of the last heartbeat to its arrival, by our wall clock. */
  lagMs: number | undefined;

  constructor(host: ShardHost, place: SessionPlace) {
    this.#host = host;
    this.#place = place;
    this.#sequencer = place.sequencer;
    this.conversation = new Conversation(host, place.origin, place.socket, place.clockOffMs);
    this.#pulse = new ProductPulse((productId) => this.conversation.holds(productId));
    this.#bookReader = { decodes: false, secrets: host.secrets };
    this.#otherReader = { decodes: false, secrets: host.secrets };
    this.heardAt = host.settings.clock.now();
  }

  get frames(): number {
    return this.#index;
  }

  /** The hot path: what brings no news goes straight through. */
  received(bytes: Uint8Array, binary: boolean): void {
    const at = this.#host.settings.clock.now();
    if (at - this.heardAt >= STALL_MS) this.#host.excuseStall(at);
    this.heardAt = at;
    this.bytes += bytes.byteLength;
    const frame = new ReceivedFrame(this.#place.origin, this.#index, at, bytes, binary);
    this.#index += 1;
    const reader = looksLikeLevel2(bytes) ? this.#bookReader : this.#otherReader;
    // Whoever decoded the last frame of this kind will decode this one: looking at it twice would be dearer.
    const peeked = reader.decodes ? NOTHING_PEEKED : peek(bytes);
    const { channel, sequence, productId, eventType } = peeked;
    // Without a type of event it may be an error reply, whatever else it names.
    const clear = channel !== undefined && sequence !== undefined;
    if (!clear || (eventType === undefined && channel !== 'heartbeats')) this.#decode(frame, reader);
    else {
      if (isKnownChannel(channel) && this.#names.includes(productId)) frame.peeked = peeked;
      frame.judge(channel, this.#sequencer.push(sequence), undefined, reader);
      this.#route(frame, channel, sequence, peeked);
    }
  }

  tick(now: Instant): void {
    if (this.conversation.tick(now)) this.#place.abandon('disconnect', 'requests are not answered');
    else if (this.#dropped !== undefined && this.#host.queue.roomy) this.#stopDropping(now);
  }

  /** For `ms` until now nothing was read here: that no frame and no answer came proves nothing. */
  excuse(ms: number, now: Instant): void {
    this.heardAt = now;
    this.conversation.excuse(ms, now);
    this.#pulse.excuse(ms, now);
  }

  /** Sends a request. The end of a stream, not the wish for it, is what makes a book stale. */
  send(ask: Ask, jwt: string | undefined, now: Instant): void {
    const { type, channel, productIds, repair } = ask;
    const names = new Set(productIds.flatMap((id) => this.conversation.servedAs(id)));
    this.conversation.send(ask, jwt, now);
    if (type !== 'unsubscribe' || channel !== 'level2') return;
    if (repair === true) this.#emitStale('refresh', this.#place.freshness.lose([...names]), now);
    else
      this.#emitStale(
        'unsubscribed',
        this.#place.freshness.forget((id) => !names.has(id)),
        now,
      );
  }

  /** No frame for a while. */
  hush(now: Instant): void {
    this.#silent = true;
    this.#emitStale('silence', this.#place.freshness.hush(), now);
  }

  /** These books were found to be wrong though nothing is missing. */
  refresh(productIds: readonly string[]): void {
    const lost = this.#place.freshness.lose(productIds);
    this.conversation.repair(productIds);
    this.#emitStale('refresh', lost, this.#host.settings.clock.now());
    this.#host.transitions.unsettle();
  }

  /** The socket is gone: says what is lost with it, unless it was let go. */
  end(loss: Loss | undefined, now: Instant): void {
    this.#ended = true;
    this.#emitDropped(now);
    this.#sequencer.close();
    this.#place.heartbeats.close();
    if (loss === undefined) return;
    const why = loss === 'gap' ? 'disconnect' : loss;
    if (this.conversation.anythingAsked) this.#emitGap({ why, count: null }, now);
    this.#emitStale(why, this.#place.freshness.loseAll(), now);
  }

  #decode(frame: ReceivedFrame, reader: Reader): void {
    const decoded = decode(frame.bytes);
    const { channel, sequence } = decoded;
    // An error reply is the only frame that needs no number; one that has a number was counted by the exchange.
    const verdict =
      decoded.kind === 'error' && sequence === undefined ? undefined : this.#sequencer.push(sequence);
    reader.decodes = false;
    frame.judge(channel, verdict, decoded, reader);
    // An error reply is of no channel, even where it names one.
    if (channel === undefined || decoded.kind === 'error') this.#notable(frame, undefined, sequence);
    else this.#route(frame, channel, sequence, booksOf(decoded));
  }

  #route(frame: ReceivedFrame, channel: string, sequence: number | undefined, books: FrameBooks): void {
    if (channel === 'l2_data') this.#pulse.hear(books, frame.receivedAt);
    if (frame.verdict?.kind !== 'next' || this.#silent || this.#listensTo(channel)) {
      this.#notable(frame, channel, sequence);
    } else {
      this.data = true;
      this.#disorder = 0;
      this.#deliver(frame, sequence);
    }
  }

  #listensTo(channel: string): boolean {
    if (channel === 'l2_data') return this.conversation.awaitsSnapshots || this.#place.freshness.anyStale;
    return channel === 'subscriptions' || channel === 'heartbeats';
  }

  #notable(frame: ReceivedFrame, channel: string | undefined, sequence: number | undefined): void {
    const { verdict, receivedAt: at } = frame;
    if (verdict?.kind === 'gap') {
      this.#emitGap({ why: 'sequence', missing: verdict.missing, count: verdict.count }, at);
      this.#emitStale('gap', this.#place.freshness.loseAll(), at);
    }
    this.#deliver(frame, sequence);
    if (this.#silent) this.#speak(at);
    if (verdict !== undefined) this.#heed(verdict, at);
    if (this.#ended) return;
    this.data ||= channel !== undefined && channel !== 'subscriptions';
    if (channel === 'l2_data') this.#look(frame);
    else if (channel === 'subscriptions' || channel === 'heartbeats') this.#listen(frame);
    else if (channel === undefined && frame.decoded.kind === 'error')
      this.conversation.refused(frame.decoded.message.message, at);
  }

  #heed(verdict: Verdict, at: Instant): void {
    const inOrder = verdict.kind === 'first' || verdict.kind === 'next' || verdict.kind === 'gap';
    this.#disorder = inOrder ? 0 : this.#disorder + 1;
    if (verdict.kind === 'gap') this.#repair('gap', at);
    else if ((verdict.kind === 'duplicate' || verdict.kind === 'stale') && verdict.restart === true)
      this.#place.abandon('restart', 'the exchange began to count anew');
    else if (this.#disorder >= MOST_DISORDER)
      this.#place.abandon('restart', 'the sequence numbers make no sense any more');
  }

  #repair(reason: 'gap' | 'backpressure', at: Instant): void {
    const { recovery } = this.#host.settings;
    if (recovery === 'reconnect') this.#place.abandon(reason, 'frames are missing');
    else if (recovery === 'resubscribe') {
      this.conversation.repairAll(at);
      this.#host.transitions.unsettle();
    }
  }

  #deliver(frame: ReceivedFrame, sequence: number | undefined): void {
    if (this.#dropped !== undefined && this.#host.queue.roomy) this.#stopDropping(frame.receivedAt);
    if (!this.#host.queue.dropsFrames && this.#dropped === undefined) {
      this.#host.queue.add(frame);
      return;
    }
    if (this.#dropped === undefined) {
      this.#dropped = new DroppedFrames(sequence);
      this.#emitStale('backpressure', this.#place.freshness.loseAll(), frame.receivedAt);
    }
    this.#dropped.add(sequence);
  }

  #stopDropping(at: Instant): void {
    this.#emitDropped(at);
    this.#repair('backpressure', at);
  }

  #emitDropped(at: Instant): void {
    if (this.#dropped === undefined) return;
    this.#emitGap(this.#dropped.gap, at);
    this.#dropped = undefined;
  }

  /** Only while a snapshot is waited for. */
  #look(frame: ReceivedFrame): void {
    const { decoded } = frame;
    if (decoded.kind !== 'message' || decoded.channel !== 'l2_data' || !isInOrder(frame)) return;
    // While frames are dropped the consumer has not seen the snapshot either.
    if (this.#dropped !== undefined) return;
    for (const { type, product_id: productId } of decoded.message.events) {
      if (type !== 'snapshot' || !this.conversation.holds(productId)) continue;
      this.conversation.snapshotCame(productId);
      if (this.#place.freshness.freshen(productId)) this.#emitRecovered([productId], frame.receivedAt);
    }
  }

  #listen(frame: ReceivedFrame): void {
    const { decoded, receivedAt: at } = frame;
    // An acknowledgement out of order tells what was, not what is.
    if (decoded.kind !== 'message' || !isInOrder(frame)) return;
    if (decoded.channel === 'heartbeats') {
      const wall = this.#host.settings.clock.wall?.();
      if (wall !== undefined) this.lagMs = wall - Date.parse(decoded.message.timestamp);
      for (const { heartbeat_counter: counter } of decoded.message.events)
        this.#place.heartbeats.push(counter);
      const silent = this.#pulse.silent(at);
      if (silent.length > 0) this.refresh(silent);
    } else if (decoded.channel === 'subscriptions') {
      this.conversation.acknowledged(decoded.message.events, at);
    }
  }

  #speak(at: Instant): void {
    this.#silent = false;
    this.#emitRecovered(this.#place.freshness.speak(), at);
  }

  #emitGap(gap: Pick<GapItem, 'why' | 'missing' | 'count'>, at: Instant): void {
    this.#host.queue.add({ kind: 'gap', ...this.#place.origin, at, ...gap });
  }

  #emitStale(reason: StaleItem['reason'], productIds: readonly string[], at: Instant): void {
    if (productIds.length === 0) return;
    this.#host.queue.add({ kind: 'stale', ...this.#place.origin, at, productIds, reason });
  }

  #emitRecovered(productIds: readonly string[], at: Instant): void {
    if (productIds.length === 0) return;
    this.#host.queue.add({ kind: 'recovered', ...this.#place.origin, at, productIds });
  }
}
