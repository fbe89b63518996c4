// Imperative shell of one shard: owns one socket at a time, reports events to the pure parts and performs their
// effects.
import {
  createHeartbeatMonitor,
  createSequencer,
  type HeartbeatMonitor,
  type Sequencer,
} from '@feedtape/sequencer';
import { type Instant, wallOffMs } from '../model/clock.ts';
import { reportEnd } from './connection-end.ts';
import type { SubscriptionRequest } from '../subscriptions/subscription-state.ts';
import { handshakeHeaders, publicUrl, urlAt } from '../transport/urls.ts';
import type { ShardHost } from './shard-host.ts';
import type { Origin } from '../model/item.ts';
import { BookFreshness } from './book-freshness.ts';
import { idle, shardDeadline, stepShard } from './shard-lifecycle.ts';
import type { ShardContext, ShardEffect, ShardInput, ShardPhase } from './shard-phase.ts';
import { type LossReason, Connection } from './connection.ts';
import {
  includesProduct,
  noSubscriptions,
  sameSet,
  type SubscriptionSet,
} from '../subscriptions/subscription-set.ts';
import type { TransportListener, TransportSocket } from '../transport/transport.ts';

export class Shard {
  readonly sequencer: Sequencer = createSequencer();
  readonly heartbeats: HeartbeatMonitor = createHeartbeatMonitor();
  readonly #host: ShardHost;
  readonly #line: number;
  readonly #freshness = new BookFreshness();
  #desired: SubscriptionSet = noSubscriptions;
  #urls: readonly string[] = [];
  #phase: ShardPhase = idle;
  #socket: TransportSocket | undefined;
  #connection: Connection | undefined;
  #connectionNumber = -1;
  #url = '';
  #lossReason: LossReason = 'disconnect';
  #released = false;
  /** Sockets that opened, and what they brought. */
  readonly totals: { opened: number; frames: number; bytes: number } = { opened: 0, frames: 0, bytes: 0 };

  constructor(host: ShardHost, line: number) {
    this.#host = host;
    this.#line = line;
  }

  get phase(): ShardPhase['kind'] {
    return this.#phase.kind;
  }

  /** Where it is connected to, fit to be shown. */
  get url(): string {
    return publicUrl(this.#url);
  }

  get connectionNumber(): number {
    return this.#connectionNumber;
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Whether the connection has no acknowledged subscription: its first request goes before those of others. */
  get urgent(): boolean {
    return this.#connection !== undefined && this.#connection.subscriptions.acknowledged.size === 0;
  }

  /**
   * Sets the desired subscriptions; without any the connection is closed. Connects to the first URL, or to the next
   * one when that cannot be reached.
   */
  setDesired(desired: SubscriptionSet, urls: readonly string[] = this.#urls): void {
    const before = this.#desired.get('user');
    const after = desired.get('user');
    this.#urls = urls;
    this.#desired = desired;
    this.#connection?.subscriptions.setDesired(desired);
    // The documentation wants a new connection for a longer list of products of the user.
    if (before !== undefined && after !== undefined && !sameSet(before, after))
      this.abandon('disconnect', 'the user channel needs a new connection for other products');
    this.#forgetBooks();
  }

  /** Marks books as stale that are neither desired nor served any more. */
  #forgetBooks(): void {
    if (this.#released) return;
    const books = this.#desired.get('level2');
    const subscriptions = this.#connection?.subscriptions;
    const productIds = this.#freshness.retain(
      (id) => includesProduct(books, id) || subscriptions?.tracks(id) === true,
    );
    if (productIds.length === 0) return;
    const at = this.#host.settings.clock.now();
    this.#host.queue.add({ kind: 'stale', ...this.#origin, at, productIds, reason: 'unsubscribed' });
  }

  /** Closes the connection at the end of the feed, without `stale` items. */
  release(): void {
    this.#released = true;
    this.setDesired(noSubscriptions);
  }

  tick(now: Instant): void {
    if (this.#desired.size === 0) this.#step({ kind: 'stop' });
    else if (this.#phase.kind === 'idle') this.#step({ kind: 'start' });
    this.#step({ kind: 'tick' });
    // Answers cannot be late while the sockets are paused.
    if (!this.#host.queue.paused) this.#connection?.tick(now);
  }

  deadline(now: Instant): Instant {
    const subscriptions = this.#host.queue.paused ? undefined : this.#connection?.subscriptions;
    const answerBy = subscriptions?.deadline(now) ?? Infinity;
    return Math.min(answerBy, shardDeadline(this.#phase, this.#context(now)));
  }

  nextRequest(now: Instant): SubscriptionRequest | undefined {
    return this.#phase.kind === 'open' ? this.#connection?.subscriptions.nextRequest(now) : undefined;
  }

  /** Replaces the socket by a new one. */
  abandon(reason: LossReason, explanation: string): void {
    this.#lossReason = reason;
    this.#step({ kind: 'abandon', reason: explanation });
    this.#host.transitions.requestRound();
  }

  /** @param pausedMs how long nothing was read, when that is over */
  setPaused(paused: boolean, pausedMs: number): void {
    if (paused) this.#socket?.pause();
    else {
      this.#connection?.extendDeadlines(pausedMs, this.#host.settings.clock.now());
      this.#socket?.resume();
    }
  }

  /** Our process stood still for `ms` at most: what came meanwhile is yet to be read. */
  extendDeadlines(ms: number): void {
    this.#step({ kind: 'stalled', ms });
    this.#connection?.extendDeadlines(ms, this.#host.settings.clock.now());
  }

  /** Drops the socket at once, after an internal failure. */
  terminate(): void {
    this.#phase = { kind: 'stopped' };
    this.#socket?.terminate();
  }

  #step(input: ShardInput): void {
    const { phase, effects } = stepShard(this.#phase, input, this.#context(this.#host.settings.clock.now()));
    this.#phase = phase;
    for (const effect of effects) this.#perform(effect);
  }

  #context(now: Instant): ShardContext {
    const { admission, queue, settings } = this.#host;
    const { timeouts, backoff, maxAttempts } = settings;
    const { paused } = queue;
    const attempt = this.#phase.kind === 'waiting' ? this.#phase.attempt : 0;
    return {
      now,
      get random() {
        return settings.random();
      },
      timeouts,
      backoff,
      openableAt: paused ? Infinity : admission.connectableAt(attempt, urlAt(this.#urls, attempt)),
      lastFrameAt: this.#connection?.lastFrameAt ?? now,
      data: this.#connection?.hasData ?? false,
      bytes: this.#socket?.receivedBytes ?? this.#connection?.bytes ?? 0,
      paused,
      hasWorked: admission.hasWorked(this.#url),
      maxAttempts,
    };
  }

  #perform(effect: ShardEffect): void {
    switch (effect.kind) {
      case 'open-socket':
        this.#open(effect.attempt);
        break;
      case 'close-socket':
        this.#socket?.close(1000);
        break;
      case 'terminate-socket':
        this.#socket?.terminate();
        break;
      case 'went-stale':
        this.#connection?.silenceBegan(this.#host.settings.clock.now());
        break;
      case 'ended':
        this.#ended(effect);
        break;
    }
  }

  get #origin(): Origin {
    return { connection: this.#connectionNumber, line: this.#line };
  }

  #open(attempt: number): void {
    const { admission, settings, log } = this.#host;
    admission.connecting(attempt, settings.clock.now());
    this.#url = urlAt(this.#urls, attempt);
    this.#connectionNumber = this.#host.nextConnection();
    this.#lossReason = 'disconnect';
    const headers = handshakeHeaders(attempt);
    log({
      level: 'debug',
      event: 'connection-opening',
      connection: this.#connectionNumber,
      details: { url: this.url, attempt },
    });
    try {
      this.#socket = settings.transport.open(this.#url, { headers }, this.#listener(this.#connectionNumber));
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      this.#step({ kind: 'failed', failure: { code: 'TRANSPORT_FAILED', message, cause } });
      this.#step({ kind: 'closed', code: 1006, reason: '' });
    }
  }

  /** Ignores events of a socket that is no longer the current one. */
  #listener(connection: number): TransportListener {
    const { transitions } = this.#host;
    const enter = (transition: () => void): void =>
      transitions.run(() => {
        if (this.#connectionNumber === connection && this.#socket !== undefined) transition();
      });
    return {
      onOpen: ({ headers }) => enter(() => this.#opened(Date.parse(headers?.['date'] ?? ''))),
      onFrame: (bytes, binary) =>
        transitions.run(() => {
          if (this.#connectionNumber === connection) this.#connection?.received(bytes, binary);
        }),
      onError: (failure) => enter(() => this.#step({ kind: 'failed', failure })),
      onClose: (code, reason) =>
        enter(() => {
          this.#step({ kind: 'closed', code, reason });
          transitions.requestRound();
        }),
    };
  }

  /** @param serverTime the server's `Date` in milliseconds since 1970, NaN where it has none */
  #opened(serverTime: number): void {
    const socket = this.#socket;
    if (socket === undefined || this.#phase.kind !== 'opening') return;
    this.#host.admission.opened(this.#url);
    this.totals.opened += 1;
    this.#connection = new Connection(this.#host, {
      origin: this.#origin,
      socket,
      sequencer: this.sequencer,
      freshness: this.#freshness,
      heartbeats: this.heartbeats,
      clockOffMs: wallOffMs(this.#host.settings.clock, serverTime),
      abandon: (reason, explanation) => this.abandon(reason, explanation),
    });
    this.#connection.subscriptions.setDesired(this.#desired);
    this.#step({ kind: 'opened' });
    if (this.#host.queue.paused) socket.pause();
    this.#host.queue.add({
      kind: 'connected',
      ...this.#origin,
      at: this.#host.settings.clock.now(),
      url: this.url,
      ...(!Number.isNaN(serverTime) && { serverDate: new Date(serverTime).toUTCString() }),
    });
    this.#host.transitions.requestRound();
  }

  #ended(end: Extract<ShardEffect, { kind: 'ended' }>): void {
    const now = this.#host.settings.clock.now();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#socket = undefined;
    if (connection !== undefined) {
      this.totals.frames += connection.frames;
      this.totals.bytes += connection.bytes;
      connection.end(this.#desired.size === 0 ? undefined : this.#lossReason, now);
      this.#forgetBooks();
    }
    reportEnd(this.#host, end, {
      origin: this.#origin,
      url: this.#url,
      desired: this.#desired.size > 0,
      stopped: this.#phase.kind === 'stopped',
    });
  }
}
