// The thin edge of one place in the plan: it owns one socket at a time, tells the pure parts what happened to it, and
// does what they say.
import {
  createHeartbeatMonitor,
  createSequencer,
  type HeartbeatMonitor,
  type Sequencer,
} from '@feedtape/sequencer';
import { type Instant, wallOffMs } from '../model/clock.ts';
import { reportEnd } from './connection-end.ts';
import type { Ask } from '../subscriptions/subscription-state.ts';
import { handshakeHeaders, publicUrl, urlAt } from '../transport/urls.ts';
import type { ShardHost } from './shard-host.ts';
import type { Origin } from '../model/item.ts';
import { Freshness } from './book-freshness.ts';
import {
  idle,
  type LinkContext,
  linkDeadline,
  type LinkEffect,
  type LinkInput,
  type LinkPhase,
  stepLink,
} from './shard-lifecycle.ts';
import { type Loss, Session } from './connection.ts';
import { isAmong, noTopics, sameSet, type Topics } from '../subscriptions/subscription-set.ts';
import type { TransportListener, TransportSocket } from '../transport/transport.ts';

export class Slot {
  readonly sequencer: Sequencer = createSequencer();
  readonly heartbeats: HeartbeatMonitor = createHeartbeatMonitor();
  readonly #host: ShardHost;
  readonly #line: number;
  readonly #freshness = new Freshness();
  #wanted: Topics = noTopics;
  #urls: readonly string[] = [];
  #phase: LinkPhase = idle;
  #socket: TransportSocket | undefined;
  #session: Session | undefined;
  #connection = -1;
  #url = '';
  #loss: Loss = 'disconnect';
  #released = false;
  /** Sockets that opened, and what they brought. */
  readonly totals: { opened: number; frames: number; bytes: number } = { opened: 0, frames: 0, bytes: 0 };

  constructor(host: ShardHost, line: number) {
    this.#host = host;
    this.#line = line;
  }

  get phase(): LinkPhase['kind'] {
    return this.#phase.kind;
  }

  /** Where it is connected to, fit to be shown. */
  get url(): string {
    return publicUrl(this.#url);
  }

  get connection(): number {
    return this.#connection;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** Open, and nothing accepted yet: its first request must not wait for others. */
  get urgent(): boolean {
    return this.#session !== undefined && this.#session.conversation.acked.size === 0;
  }

  /**
   * From now on this place carries these channels; nothing at all lets its connection go. It connects to the first
   * URL, or to the next one when that cannot be reached.
   */
  want(wanted: Topics, urls: readonly string[] = this.#urls): void {
    const before = this.#wanted.get('user');
    const after = wanted.get('user');
    this.#urls = urls;
    this.#wanted = wanted;
    this.#session?.conversation.want(wanted);
    // The documentation wants a new connection for a longer list of products of the user.
    if (before !== undefined && after !== undefined && !sameSet(before, after))
      this.abandon('disconnect', 'the user channel needs a new connection for other products');
    this.#forgetBooks();
  }

  /** What is neither wanted nor served any more is not to be trusted. While a request has to end it first, it is. */
  #forgetBooks(): void {
    if (this.#released) return;
    const books = this.#wanted.get('level2');
    const conversation = this.#session?.conversation;
    const productIds = this.#freshness.forget((id) => isAmong(books, id) || conversation?.holds(id) === true);
    if (productIds.length === 0) return;
    const at = this.#host.settings.clock.now();
    this.#host.queue.add({ kind: 'stale', ...this.#origin, at, productIds, reason: 'unsubscribed' });
  }

  /** The feed ends: nothing is wanted any more, and nothing is said of it but the end of the connection. */
  release(): void {
    this.#released = true;
    this.#wanted = noTopics;
    this.#session?.conversation.want(noTopics);
  }

  tick(now: Instant): void {
    if (this.#wanted.size === 0) this.#step({ kind: 'unwanted' });
    else if (this.#phase.kind === 'idle') this.#step({ kind: 'wanted' });
    this.#step({ kind: 'tick' });
    // Nothing is read while the sockets are held back: no answer can be late.
    if (!this.#host.queue.paused) this.#session?.tick(now);
  }

  deadline(now: Instant): Instant {
    const talking = this.#host.queue.paused ? undefined : this.#session?.conversation;
    const session = talking?.deadline(now) ?? Infinity;
    return Math.min(session, linkDeadline(this.#phase, this.#context(now)));
  }

  ask(now: Instant): Ask | undefined {
    return this.#phase.kind === 'open' ? this.#session?.conversation.ask(now) : undefined;
  }

  /** Gives the socket up for a new one. */
  abandon(loss: Loss, explanation: string): void {
    this.#loss = loss;
    this.#step({ kind: 'abandon', reason: explanation });
    this.#host.transitions.unsettle();
  }

  /** @param pausedMs how long nothing was read, when that is over */
  hold(held: boolean, pausedMs: number): void {
    if (held) this.#socket?.pause();
    else {
      this.#session?.excuse(pausedMs, this.#host.settings.clock.now());
      this.#socket?.resume();
    }
  }

  /** Our process stood still for `ms` at most: what came meanwhile is yet to be read. */
  stalled(ms: number): void {
    this.#step({ kind: 'stalled', ms });
    this.#session?.excuse(ms, this.#host.settings.clock.now());
  }

  /** Drops the socket without a word, because the feed is broken. */
  drop(): void {
    this.#phase = { kind: 'stopped' };
    this.#socket?.terminate();
  }

  #step(input: LinkInput): void {
    const { phase, effects } = stepLink(this.#phase, input, this.#context(this.#host.settings.clock.now()));
    this.#phase = phase;
    for (const effect of effects) this.#perform(effect);
  }

  #context(now: Instant): LinkContext {
    const { admission, queue, settings } = this.#host;
    const { patience, maxAttempts } = settings;
    const { paused } = queue;
    const attempt = this.#phase.kind === 'waiting' ? this.#phase.attempt : 0;
    return {
      now,
      get chance() {
        return settings.random();
      },
      patience,
      clearedAt: paused ? Infinity : admission.dialAt(attempt, urlAt(this.#urls, attempt)),
      heardAt: this.#session?.heardAt ?? now,
      data: this.#session?.data ?? false,
      bytes: this.#socket?.receivedBytes ?? this.#session?.bytes ?? 0,
      paused,
      proven: admission.hasWorked(this.#url),
      maxAttempts,
    };
  }

  #perform(effect: LinkEffect): void {
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
        this.#session?.hush(this.#host.settings.clock.now());
        break;
      case 'ended':
        this.#ended(effect);
        break;
    }
  }

  get #origin(): Origin {
    return { connection: this.#connection, line: this.#line };
  }

  #open(attempt: number): void {
    const { admission, settings, log } = this.#host;
    admission.dialled(attempt, settings.clock.now());
    this.#url = urlAt(this.#urls, attempt);
    this.#connection = this.#host.nextConnection();
    this.#loss = 'disconnect';
    const headers = handshakeHeaders(attempt);
    log({
      level: 'debug',
      event: 'connection-opening',
      connection: this.#connection,
      details: { url: this.url, attempt },
    });
    try {
      this.#socket = settings.transport.open(this.#url, { headers }, this.#listener(this.#connection));
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      this.#step({ kind: 'failed', failure: { code: 'TRANSPORT_FAILED', message, cause } });
      this.#step({ kind: 'closed', code: 1006, reason: '' });
    }
  }

  /** Deaf as soon as its socket is not the current one any more. */
  #listener(connection: number): TransportListener {
    const { transitions } = this.#host;
    const enter = (transition: () => void): void =>
      transitions.run(() => {
        if (this.#connection === connection && this.#socket !== undefined) transition();
      });
    return {
      onOpen: ({ headers }) => enter(() => this.#opened(Date.parse(headers?.['date'] ?? ''))),
      onFrame: (bytes, binary) =>
        transitions.run(() => {
          if (this.#connection === connection) this.#session?.received(bytes, binary);
        }),
      onError: (failure) => enter(() => this.#step({ kind: 'failed', failure })),
      onClose: (code, reason) => enter(() => this.#closed(code, reason)),
    };
  }

  #closed(code: number, reason: string): void {
    this.#step({ kind: 'closed', code, reason });
    this.#host.transitions.unsettle();
  }

  /** @param serverTime the server's `Date` in milliseconds since 1970, NaN where it has none */
  #opened(serverTime: number): void {
    const socket = this.#socket;
    if (socket === undefined || this.#phase.kind !== 'opening') return;
    this.#host.admission.opened(this.#url);
    this.totals.opened += 1;
    this.#session = new Session(this.#host, {
      origin: this.#origin,
      socket,
      sequencer: this.sequencer,
      freshness: this.#freshness,
      heartbeats: this.heartbeats,
      clockOffMs: wallOffMs(this.#host.settings.clock, serverTime),
      abandon: (loss, explanation) => this.abandon(loss, explanation),
    });
    this.#session.conversation.want(this.#wanted);
    this.#step({ kind: 'opened' });
    if (this.#host.queue.paused) socket.pause();
    this.#host.queue.add({
      kind: 'connected',
      ...this.#origin,
      at: this.#host.settings.clock.now(),
      url: this.url,
      ...(!Number.isNaN(serverTime) && { serverDate: new Date(serverTime).toUTCString() }),
    });
    this.#host.transitions.unsettle();
  }

  #ended(ending: Extract<LinkEffect, { kind: 'ended' }>): void {
    const now = this.#host.settings.clock.now();
    const session = this.#session;
    this.#session = undefined;
    this.#socket = undefined;
    if (session !== undefined) {
      this.totals.frames += session.frames;
      this.totals.bytes += session.bytes;
      session.end(this.#wanted.size === 0 ? undefined : this.#loss, now);
      this.#forgetBooks();
    }
    reportEnd(this.#host, ending, {
      origin: this.#origin,
      url: this.#url,
      wanted: this.#wanted.size > 0,
      stopped: this.#phase.kind === 'stopped',
    });
  }
}
