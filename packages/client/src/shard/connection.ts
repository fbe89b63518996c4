// One open socket: counts and judges its frames, and passes them on.
import { decode, peek, type Peeked } from '@feedtape/protocol';
import type { HeartbeatMonitor, Sequencer, Verdict } from '@feedtape/sequencer';
import { type Instant, STALL_MS } from '../model/clock.ts';
import { SubscriptionManager } from '../subscriptions/subscription-manager.ts';
import {
  type GapItem,
  isInOrder,
  type Origin,
  type FrameReader,
  ReceivedFrame,
  type StaleItem,
} from '../model/item.ts';
import type { SubscriptionRequest } from '../subscriptions/subscription-state.ts';
import { DroppedFrames } from './dropped-frames.ts';
import type { ShardHost } from './shard-host.ts';
import { productsIn, type FrameProducts, looksLikeLevel2 } from './frame-products.ts';
import type { BookFreshness } from './book-freshness.ts';
import { isKnownChannel } from '../model/redaction.ts';
import { ProductIdCache } from './product-id-cache.ts';
import { StallDetector } from './stall-detector.ts';
import type { TransportSocket } from '../transport/transport.ts';

/** What the end of a connection is called in its `gap` and `stale` items. */
export type LossReason = 'disconnect' | 'backpressure' | 'restart' | 'gap';

/** The parts of its shard that a connection uses. */
export interface ConnectionContext {
  readonly origin: Origin;
  readonly socket: TransportSocket;
  readonly sequencer: Sequencer;
  readonly freshness: BookFreshness;
  readonly heartbeats: HeartbeatMonitor;
  /** How far the server's clock and ours differ, where both are known. */
  readonly clockOffMs: number | undefined;
  /** Gives this socket up for a new one. */
  abandon(reason: LossReason, explanation: string): void;
}

/** One wrong number can make all that follow look old: then only a new connection helps. */
const MAX_OUT_OF_ORDER = 100;

const NOTHING_PEEKED: Peeked = {};

export class Connection {
  readonly subscriptions: SubscriptionManager;
  readonly #host: ShardHost;
  readonly #context: ConnectionContext;
  readonly #stallDetector: StallDetector;
  readonly #productIds = new ProductIdCache();
  readonly #bookReader: FrameReader;
  readonly #otherReader: FrameReader;
  #index = 0;
  #dropped: DroppedFrames | undefined;
  #silent = false;
  /** Frames in a row whose number is neither the next one nor a later one. */
  #outOfOrder = 0;
  #ended = false;
  lastFrameAt: Instant;
  /** Whether a frame of a channel with data has come. */
  hasData = false;
  bytes = 0;
  /** Milliseconds from the exchange's timestamp of the last heartbeat to its arrival, by our wall clock. */
  lagMs: number | undefined;

  constructor(host: ShardHost, context: ConnectionContext) {
    this.#host = host;
    this.#context = context;
    this.subscriptions = new SubscriptionManager(host, context.origin, context.socket, context.clockOffMs);
    this.#stallDetector = new StallDetector((productId) => this.subscriptions.tracks(productId));
    this.#bookReader = { decodes: false, secrets: host.secrets };
    this.#otherReader = { decodes: false, secrets: host.secrets };
    this.lastFrameAt = host.settings.clock.now();
  }

  get frames(): number {
    return this.#index;
  }

  /** The hot path: what brings no news goes straight through. */
  received(bytes: Uint8Array, binary: boolean): void {
    const at = this.#host.settings.clock.now();
    if (at - this.lastFrameAt >= STALL_MS) this.#host.noticeStall(at);
    this.lastFrameAt = at;
    this.bytes += bytes.byteLength;
    const frame = new ReceivedFrame(this.#context.origin, this.#index, at, bytes, binary);
    this.#index += 1;
    const reader = looksLikeLevel2(bytes) ? this.#bookReader : this.#otherReader;
    // If the consumer decoded the last such frame, decode now; peeking first would scan it twice.
    const peeked = reader.decodes ? NOTHING_PEEKED : peek(bytes);
    const { channel, sequence, productId, eventType } = peeked;
    // Without a type of event it may be an error reply, whatever else it names.
    const clear = channel !== undefined && sequence !== undefined;
    if (!clear || (eventType === undefined && channel !== 'heartbeats')) this.#decode(frame, reader);
    else {
      if (isKnownChannel(channel) && this.#productIds.includes(productId)) frame.peeked = peeked;
      frame.setVerdict(channel, this.#context.sequencer.push(sequence), undefined, reader);
      this.#route(frame, channel, sequence, peeked);
    }
  }

  tick(now: Instant): void {
    if (this.subscriptions.tick(now)) this.#context.abandon('disconnect', 'requests are not answered');
    else if (this.#dropped !== undefined && this.#host.queue.hasRoom) this.#stopDropping(now);
  }

  /** For `ms` until now nothing was read here: that no frame and no answer came proves nothing. */
  extendDeadlines(ms: number, now: Instant): void {
    this.lastFrameAt = now;
    this.subscriptions.extendDeadlines(ms, now);
    this.#stallDetector.extendDeadlines(ms, now);
  }

  /** Sends a request. The end of a stream, not the wish for it, is what makes a book stale. */
  send(request: SubscriptionRequest, jwt: string | undefined, now: Instant): void {
    const { type, channel, productIds, repair } = request;
    const names = new Set(productIds.flatMap((id) => this.subscriptions.servedAs(id)));
    this.subscriptions.send(request, jwt, now);
    if (type !== 'unsubscribe' || channel !== 'level2') return;
    if (repair === true) this.#emitStale('refresh', this.#context.freshness.markStale([...names]), now);
    else
      this.#emitStale(
        'unsubscribed',
        this.#context.freshness.retain((id) => !names.has(id)),
        now,
      );
  }

  /** No frame for a while. */
  silenceBegan(now: Instant): void {
    this.#silent = true;
    this.#emitStale('silence', this.#context.freshness.startSilence(), now);
  }

  /** These books were found to be wrong though nothing is missing. */
  refresh(productIds: readonly string[]): void {
    const lost = this.#context.freshness.markStale(productIds);
    this.subscriptions.repair(productIds);
    this.#emitStale('refresh', lost, this.#host.settings.clock.now());
    this.#host.transitions.requestRound();
  }

  /** Ends the connection: reports the loss, unless the shard was stopped. */
  end(reason: LossReason | undefined, now: Instant): void {
    this.#ended = true;
    this.#emitDropped(now);
    this.#context.sequencer.close();
    this.#context.heartbeats.close();
    if (reason === undefined) return;
    const shown = reason === 'gap' ? 'disconnect' : reason;
    if (this.subscriptions.hasRequested) this.#emitGap({ reason: shown, count: null }, now);
    this.#emitStale(shown, this.#context.freshness.markAllStale(), now);
  }

  #decode(frame: ReceivedFrame, reader: FrameReader): void {
    const decoded = decode(frame.bytes);
    const { channel, sequence } = decoded;
    // An error reply is the only frame that needs no number; one that has a number was counted by the exchange.
    const verdict =
      decoded.kind === 'error' && sequence === undefined ? undefined : this.#context.sequencer.push(sequence);
    reader.decodes = false;
    frame.setVerdict(channel, verdict, decoded, reader);
    // An error reply is of no channel, even where it names one.
    if (channel === undefined || decoded.kind === 'error') this.#routeDecoded(frame, undefined, sequence);
    else this.#route(frame, channel, sequence, productsIn(decoded));
  }

  #route(frame: ReceivedFrame, channel: string, sequence: number | undefined, products: FrameProducts): void {
    if (channel === 'l2_data') this.#stallDetector.frameReceived(products, frame.at);
    if (frame.verdict?.kind !== 'next' || this.#silent || this.#needsDecoding(channel)) {
      this.#routeDecoded(frame, channel, sequence);
    } else {
      this.hasData = true;
      this.#outOfOrder = 0;
      this.#deliver(frame, sequence);
    }
  }

  #needsDecoding(channel: string): boolean {
    if (channel === 'l2_data') return this.subscriptions.awaitsSnapshots || this.#context.freshness.anyStale;
    return channel === 'subscriptions' || channel === 'heartbeats';
  }

  #routeDecoded(frame: ReceivedFrame, channel: string | undefined, sequence: number | undefined): void {
    const { verdict, at } = frame;
    if (verdict?.kind === 'gap') {
      this.#emitGap({ reason: 'sequence', missing: verdict.missing, count: verdict.count }, at);
      this.#emitStale('gap', this.#context.freshness.markAllStale(), at);
    }
    this.#deliver(frame, sequence);
    if (this.#silent) this.#silenceEnded(at);
    if (verdict !== undefined) this.#checkSequence(verdict, at);
    if (this.#ended) return;
    this.hasData ||= channel !== undefined && channel !== 'subscriptions';
    if (channel === 'l2_data') this.#readSnapshots(frame);
    else if (channel === 'subscriptions' || channel === 'heartbeats') this.#readControlFrame(frame);
    else if (channel === undefined && frame.decoded.kind === 'error')
      this.subscriptions.onErrorReply(frame.decoded.message.message, at);
  }

  #checkSequence(verdict: Verdict, at: Instant): void {
    const inOrder = verdict.kind === 'first' || verdict.kind === 'next' || verdict.kind === 'gap';
    this.#outOfOrder = inOrder ? 0 : this.#outOfOrder + 1;
    if (verdict.kind === 'gap') this.#repair('gap', at);
    else if ((verdict.kind === 'duplicate' || verdict.kind === 'stale') && verdict.restart === true)
      this.#context.abandon('restart', 'the exchange began to count anew');
    else if (this.#outOfOrder >= MAX_OUT_OF_ORDER)
      this.#context.abandon('restart', 'the sequence numbers make no sense any more');
  }

  #repair(reason: 'gap' | 'backpressure', at: Instant): void {
    const { recovery } = this.#host.settings;
    if (recovery === 'reconnect') this.#context.abandon(reason, 'frames are missing');
    else if (recovery === 'resubscribe') {
      this.subscriptions.repairAll(at);
      this.#host.transitions.requestRound();
    }
  }

  #deliver(frame: ReceivedFrame, sequence: number | undefined): void {
    if (this.#dropped !== undefined && this.#host.queue.hasRoom) this.#stopDropping(frame.at);
    if (!this.#host.queue.dropsFrames && this.#dropped === undefined) {
      this.#host.queue.add(frame);
      return;
    }
    if (this.#dropped === undefined) {
      this.#dropped = new DroppedFrames(sequence);
      this.#emitStale('backpressure', this.#context.freshness.markAllStale(), frame.at);
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
  #readSnapshots(frame: ReceivedFrame): void {
    const { decoded } = frame;
    if (decoded.kind !== 'message' || decoded.channel !== 'l2_data' || !isInOrder(frame)) return;
    // While frames are dropped the consumer has not seen the snapshot either.
    if (this.#dropped !== undefined) return;
    for (const { type, product_id: productId } of decoded.message.events) {
      if (type !== 'snapshot' || !this.subscriptions.tracks(productId)) continue;
      this.subscriptions.snapshotReceived(productId);
      if (this.#context.freshness.markFresh(productId)) this.#emitRecovered([productId], frame.at);
    }
  }

  #readControlFrame(frame: ReceivedFrame): void {
    const { decoded, at } = frame;
    // An acknowledgement out of order lists an older set.
    if (decoded.kind !== 'message' || !isInOrder(frame)) return;
    if (decoded.channel === 'heartbeats') {
      const wall = this.#host.settings.clock.wall?.();
      if (wall !== undefined) this.lagMs = wall - Date.parse(decoded.message.timestamp);
      for (const { heartbeat_counter: counter } of decoded.message.events)
        this.#context.heartbeats.push(counter);
      const silent = this.#stallDetector.findStalled(at);
      if (silent.length > 0) this.refresh(silent);
    } else if (decoded.channel === 'subscriptions') {
      this.subscriptions.onAcknowledgement(decoded.message.events, at);
    }
  }

  #silenceEnded(at: Instant): void {
    this.#silent = false;
    this.#emitRecovered(this.#context.freshness.endSilence(), at);
  }

  #emitGap(gap: Pick<GapItem, 'reason' | 'missing' | 'count'>, at: Instant): void {
    this.#host.queue.add({ kind: 'gap', ...this.#context.origin, at, ...gap });
  }

  #emitStale(reason: StaleItem['reason'], productIds: readonly string[], at: Instant): void {
    if (productIds.length === 0) return;
    this.#host.queue.add({ kind: 'stale', ...this.#context.origin, at, productIds, reason });
  }

  #emitRecovered(productIds: readonly string[], at: Instant): void {
    if (productIds.length === 0) return;
    this.#host.queue.add({ kind: 'recovered', ...this.#context.origin, at, productIds });
  }
}
