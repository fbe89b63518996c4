// The thin edge of one place in the plan: it owns one socket at a time, tells the pure parts what happened to it, and
// does what they say.
import {
  createHeartbeatMonitor,
  createSequencer,
  type HeartbeatMonitor,
  type Sequencer,
} from '@feedtape/sequencer';
import { type Instant, wallOffMs } from './clock.ts';
import { ClientError } from './client-error.ts';
import type { Ask } from './dialogue.ts';
import { publicUrl } from './endpoints.ts';
import type { FeedPort } from './feed-port.ts';
import { Freshness } from './freshness.ts';
import {
  idle,
  type LinkContext,
  linkDeadline,
  type LinkEffect,
  type LinkInput,
  type LinkPhase,
  stepLink,
} from './link.ts';
import { shownCause, shownEnding } from './redaction.ts';
import { type Loss, Session } from './session.ts';
import { sameSet, type Topics } from './topics.ts';
import type { TransportListener, TransportSocket } from './transport.ts';

/** Attempts at one URL before the next one is tried. */
const ATTEMPTS_PER_URL = 2;

const NOTHING: Topics = new Map();

export class Slot {
  readonly sequencer: Sequencer = createSequencer();
  readonly heartbeats: HeartbeatMonitor = createHeartbeatMonitor();
  readonly #port: FeedPort;
  readonly #line: number;
  readonly #freshness = new Freshness();
  readonly #proven = new Set<string>();
  #wanted: Topics = NOTHING;
  #urls: readonly string[] = [];
  #phase: LinkPhase = idle;
  #socket: TransportSocket | undefined;
  #session: Session | undefined;
  #connection = -1;
  #url = '';
  #loss: Loss = 'disconnect';
  /** Sockets that opened, and what they brought. */
  readonly totals: { opened: number; frames: number; bytes: number } = { opened: 0, frames: 0, bytes: 0 };

  constructor(port: FeedPort, line: number) {
    this.#port = port;
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
    const books = wanted.get('level2');
    const dropped = this.#freshness.forget((id) => books?.has(id) === true || books?.has(`${id}C`) === true);
    if (dropped.length === 0) return;
    const at = this.#port.clock.now();
    const [connection, reason] = [this.#connection, 'unsubscribed'] as const;
    this.#port.emit({ kind: 'stale', connection, at, productIds: dropped, reason });
  }

  /** The feed ends: nothing is wanted any more, and nothing is said of it but the end of the connection. */
  release(): void {
    this.#wanted = NOTHING;
    this.#session?.conversation.want(NOTHING);
  }

  tick(now: Instant): void {
    if (this.#wanted.size === 0) this.#step({ kind: 'unwanted' });
    else if (this.#phase.kind === 'idle') this.#step({ kind: 'wanted' });
    this.#step({ kind: 'tick' });
    this.#session?.tick(now);
  }

  deadline(now: Instant): Instant {
    const session = this.#session?.conversation.deadline(now) ?? Infinity;
    return Math.min(session, linkDeadline(this.#phase, this.#context(now)));
  }

  ask(now: Instant): Ask | undefined {
    return this.#phase.kind === 'open' ? this.#session?.conversation.ask(now) : undefined;
  }

  /** Gives the socket up for a new one. */
  abandon(loss: Loss, explanation: string): void {
    this.#loss = loss;
    this.#step({ kind: 'abandon', reason: explanation });
    this.#port.settle();
  }

  hold(held: boolean): void {
    if (held) this.#socket?.pause();
    else {
      this.forgive();
      this.#socket?.resume();
    }
  }

  /** We were not able to listen: silence until now proves nothing. */
  forgive(): void {
    if (this.#session !== undefined) this.#session.heardAt = this.#port.clock.now();
  }

  #step(input: LinkInput): void {
    const { phase, effects } = stepLink(this.#phase, input, this.#context(this.#port.clock.now()));
    this.#phase = phase;
    for (const effect of effects) this.#perform(effect);
  }

  #context(now: Instant): LinkContext {
    const { patience, paused, maxAttempts } = this.#port;
    const attempt = this.#phase.kind === 'waiting' ? this.#phase.attempt : 0;
    const port = this.#port;
    return {
      now,
      get chance() {
        return port.random();
      },
      patience,
      clearedAt: this.#port.clearedAt(attempt),
      heardAt: this.#session?.heardAt ?? now,
      data: this.#session?.data ?? false,
      bytes: this.#socket?.receivedBytes ?? this.#session?.bytes ?? 0,
      paused,
      proven: this.#proven.has(this.#url),
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
        this.#session?.hush(this.#port.clock.now());
        break;
      case 'ended':
        this.#ended(effect);
        break;
    }
  }

  #open(attempt: number): void {
    const urls = this.#urls;
    const now = this.#port.clock.now();
    this.#port.dialled(attempt, now);
    this.#url = urls[Math.floor(attempt / ATTEMPTS_PER_URL) % urls.length] ?? '';
    this.#connection = this.#port.nextConnection();
    this.#loss = 'disconnect';
    const headers = {
      'User-Agent': 'feedtape',
      ...(attempt > 0 && { 'x-cb-retry-counter': String(attempt) }),
    };
    this.#port.log({
      level: 'debug',
      event: 'connection-opening',
      connection: this.#connection,
      details: { url: this.url, attempt },
    });
    try {
      this.#socket = this.#port.transport.open(this.#url, { headers }, this.#listener(this.#connection));
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      this.#step({ kind: 'failed', failure: { code: 'TRANSPORT_FAILED', message, cause } });
      this.#step({ kind: 'closed', code: 1006, reason: '' });
    }
  }

  /** Deaf as soon as its socket is not the current one any more. */
  #listener(connection: number): TransportListener {
    const current = (): boolean => this.#connection === connection && this.#socket !== undefined;
    return {
      onOpen: ({ headers }) => {
        if (current()) this.#opened(Date.parse(headers?.['date'] ?? ''));
      },
      onFrame: (bytes, binary) => {
        if (this.#connection === connection) this.#session?.received(bytes, binary);
      },
      onError: (failure) => {
        if (current()) this.#step({ kind: 'failed', failure });
      },
      onClose: (code, reason) => {
        if (!current()) return;
        this.#step({ kind: 'closed', code, reason });
        this.#port.settle();
      },
    };
  }

  /** @param serverTime the server's `Date` in milliseconds since 1970, NaN where it has none */
  #opened(serverTime: number): void {
    const socket = this.#socket;
    if (socket === undefined || this.#phase.kind !== 'opening') return;
    this.#proven.add(this.#url);
    this.totals.opened += 1;
    this.#session = new Session(this.#port, {
      connection: this.#connection,
      socket,
      sequencer: this.sequencer,
      freshness: this.#freshness,
      heartbeats: this.heartbeats,
      clockOffMs: wallOffMs(this.#port.clock, serverTime),
      abandon: (loss, explanation) => this.abandon(loss, explanation),
    });
    this.#session.conversation.want(this.#wanted);
    this.#step({ kind: 'opened' });
    if (this.#port.paused) socket.pause();
    this.#port.emit({
      kind: 'connected',
      connection: this.#connection,
      at: this.#port.clock.now(),
      url: this.url,
      line: this.#line,
      ...(!Number.isNaN(serverTime) && { serverDate: new Date(serverTime).toUTCString() }),
    });
    this.#port.settle();
  }

  #ended(ending: Extract<LinkEffect, { kind: 'ended' }>): void {
    const now = this.#port.clock.now();
    const session = this.#session;
    this.#session = undefined;
    this.#socket = undefined;
    if (session !== undefined) {
      this.totals.frames += session.frames;
      this.totals.bytes += session.bytes;
      session.end(this.#wanted.size === 0 ? undefined : this.#loss, now);
    }
    const { remedy, failure } = ending;
    const { secrets } = this.#port;
    const connection = this.#connection;
    const shown = shownEnding(ending, secrets);
    const retryInMs = this.#retryInMs(ending);
    const retry = retryInMs === undefined ? {} : { retryInMs };
    this.#port.emit({ kind: 'disconnected', connection, at: now, ...shown, ...retry });
    this.#port.log({
      level: this.#wanted.size === 0 ? 'info' : 'warn',
      event: 'connection-ended',
      connection,
      details: { ...shown, remedy, ...retry },
    });
    if (remedy === 'authenticate') this.#port.authenticationFailed({ message: shown.reason }, now);
    if (this.#phase.kind === 'stopped') {
      const cause = shownCause(failure?.cause, secrets);
      this.#port.fail(new ClientError('CLIENT_GAVE_UP', { url: this.url, ...shown }, { cause }));
    }
  }

  #retryInMs({ remedy, retryInMs }: Extract<LinkEffect, { kind: 'ended' }>): number | undefined {
    if (remedy !== 'authenticate' || retryInMs === undefined) return retryInMs;
    if (this.#port.authenticationsLeft <= 1) return undefined;
    return Math.max(retryInMs, this.#port.patience.authenticationMs);
  }
}
