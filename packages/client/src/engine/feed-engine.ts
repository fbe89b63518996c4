// Runs one feed: assigns subscriptions, drives the places, owns the timer. What is to be decided is decided elsewhere, by
// pure parts. Every way in goes through `enter`.
import { Admission } from '../transport/admission.ts';
import { ClientError } from '../model/client-error.ts';
import type { Clock, Instant } from '../model/clock.ts';
import type { FeedItem } from '../model/item.ts';
import type { FeedSettings } from '../options/feed-options.ts';
import type { FeedPort, Recovery } from '../shard/shard-host.ts';
import type { LogEntry } from '../model/log.ts';
import { Outlet } from './delivery-queue.ts';
import type { Patience } from '../model/timeouts.ts';
import { Places } from './shard-set.ts';
import { RequestPump } from './request-scheduler.ts';
import { RunToCompletion } from './run-to-completion.ts';
import { SentSecrets } from '../model/sent-secrets.ts';
import type { Slot } from '../shard/shard.ts';
import type { Topics } from '../subscriptions/subscription-set.ts';
import type { Transport } from '../transport/transport.ts';

/** The timer fired this late: we were not running, so nobody else is to blame for the silence. */
const STALL_MS = 1_000;

const NOTHING: Topics = new Map();

export class Engine implements FeedPort {
  readonly outlet: Outlet;
  readonly openedAt: Instant;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly transport: Transport;
  readonly recovery: Recovery;
  readonly maxAttempts: number;
  readonly admission: Admission;
  readonly secrets: SentSecrets = new SentSecrets();
  readonly #settings: FeedSettings;
  readonly #pump: RequestPump;
  readonly #transitions: RunToCompletion = new RunToCompletion({
    round: () => this.#round(),
    failed: (cause) => this.#collapse(cause),
    deliver: () => this.outlet.deliver(),
  });
  readonly #places: Places;
  #wanted: Topics = NOTHING;
  #connections = 0;
  #paused = false;
  #heldAt: Instant = 0;
  /** When the hold began that connections may yet be given up for. */
  #pausedAt: Instant = Infinity;
  #timer: { readonly handle: unknown; readonly at: Instant } | undefined;
  #ending: { readonly error?: ClientError } | undefined;
  #resolveEnded: () => void = () => {};
  /** Resolves when every socket is gone. */
  readonly ended: Promise<void> = new Promise((resolve) => {
    this.#resolveEnded = resolve;
  });

  constructor(settings: FeedSettings) {
    this.#settings = settings;
    const { clock, patience, queue } = settings;
    this.clock = clock;
    this.patience = patience;
    this.transport = settings.transport;
    this.recovery = settings.recovery;
    this.maxAttempts = settings.maxAttempts;
    this.openedAt = clock.now();
    for (const url of [...settings.marketUrls, ...settings.userUrls]) this.secrets.rememberUrl(url);
    this.outlet = new Outlet(queue, (held) => this.#held(held));
    this.admission = new Admission({
      pacing: settings.pacing,
      patience,
      log: (entry) => this.log(entry),
      fail: (error) => this.fail(error),
    });
    this.#places = new Places(this, settings);
    this.#pump = new RequestPump({
      clock,
      patience,
      token: settings.token,
      maySign: (url) => settings.tokenOrigins.has(new URL(url).origin),
      admission: this.admission,
      enter: (transition) => this.enter(transition),
      settle: () => this.settle(),
      afterwards: (call) => this.#transitions.afterwards(call),
      fail: (error) => this.fail(error),
      tokenFailed: (attempts) => this.log({ level: 'error', event: 'token-failed', details: { attempts } }),
    });
  }

  /** Places by line and number. */
  get lines(): readonly (readonly Slot[])[] {
    return this.#places.lines;
  }

  get wanted(): Topics {
    return this.#wanted;
  }

  get closed(): boolean {
    return this.#ending !== undefined;
  }

  /** Changes what is wanted. */
  want(change: (wanted: Topics) => Topics): void {
    this.enter(() => {
      if (this.#ending !== undefined) return;
      this.#wanted = change(this.#wanted);
      this.#places.share(this.#wanted);
      this.settle();
    });
  }

  refresh(productIds: readonly string[], connection: number | undefined): void {
    this.enter(() => {
      for (const slot of this.#slots()) {
        if (connection === undefined || slot.connection === connection) slot.session?.refresh(productIds);
      }
      this.settle();
    });
  }

  /** Lets every connection go; the first reason given is the one that counts. */
  finish(error?: ClientError): void {
    this.enter(() => this.#finish(error));
  }

  // What connections may use: see FeedPort.

  random(): number {
    return this.#settings.random();
  }

  enter(transition: () => void): void {
    this.#transitions.run(transition);
  }

  settle(): void {
    this.#transitions.unsettle();
  }

  get full(): boolean {
    return this.#settings.queue.policy === 'drop' && this.outlet.full;
  }

  get roomy(): boolean {
    return this.outlet.roomy;
  }

  get paused(): boolean {
    return this.#paused;
  }

  emit(item: FeedItem): void {
    this.outlet.add(item);
  }

  log(entry: LogEntry): void {
    const { log } = this.#settings;
    if (log === undefined) return;
    this.#transitions.afterwards(() => {
      try {
        log(entry);
      } catch {
        // A log that fails must not stop a feed.
      }
    });
  }

  nextConnection(): number {
    return this.#connections++;
  }

  publicRefused(): void {
    this.#pump.signsPublic = false;
  }

  acknowledged(channel: string | undefined, level2Products: number): void {
    if (channel !== undefined) this.admission.accepted(channel);
    this.#places.level2Limit.acknowledged(level2Products);
  }

  level2Refused(products: number, now: Instant): void {
    const limit = this.#places.level2Limit;
    const from = limit.value;
    limit.refused(products, now);
    this.log({ level: 'warn', event: 'level2-limit-lowered', details: { from, to: limit.value } });
    this.#places.share(this.#wanted);
  }

  fail(error: ClientError): void {
    this.log({ level: 'error', event: 'feed-failed', details: { code: error.code, message: error.message } });
    this.#finish(error);
  }

  #finish(error?: ClientError): void {
    if (this.#ending !== undefined) return;
    this.#ending = error === undefined ? {} : { error };
    for (const slot of this.#slots()) slot.release();
    this.settle();
  }

  /** Lets every place do what is due, then re-arms the timer. */
  #round(): void {
    const now = this.clock.now();
    if (now - this.#pausedAt >= this.patience.pausedMs) this.#giveUpPaused();
    if (this.#places.level2Limit.recover(now)) this.#places.share(this.#wanted);
    const slots = this.#slots();
    for (const slot of slots) slot.tick(now);
    const pumpAt = this.#pump.run(slots, now);
    const gone = slots.every(({ phase }) => phase === 'idle' || phase === 'stopped');
    if (this.#ending !== undefined && gone) this.#conclude(this.#ending.error);
    else this.#arm(pumpAt);
  }

  #slots(): readonly Slot[] {
    return this.#places.lines.flat();
  }

  /** Called by the queue, in the middle of a transition or by whoever takes from it. */
  #held(held: boolean): void {
    if (this.#transitions.running) this.#hold(held);
    else this.enter(() => this.#hold(held));
  }

  #hold(held: boolean): void {
    const now = this.clock.now();
    const pausedMs = this.#paused ? now - this.#heldAt : 0;
    this.#paused = held;
    this.#heldAt = now;
    this.#pausedAt = held ? now : Infinity;
    for (const slot of this.#slots()) slot.hold(held, pausedMs);
    // Held back only now and then, this is too often for a round of everything.
    if (!held || this.#timer === undefined) this.settle();
  }

  #giveUpPaused(): void {
    this.#pausedAt = Infinity;
    this.log({ level: 'warn', event: 'consumer-too-slow', details: { pausedMs: this.patience.pausedMs } });
    for (const slot of this.#slots()) slot.abandon('backpressure', 'the consumer is too slow');
  }

  #arm(pumpAt: Instant): void {
    const now = this.clock.now();
    const deadlines = this.#slots().map((slot) => slot.deadline(now));
    const pausedUntil = this.#pausedAt + this.patience.pausedMs;
    const at = Math.min(pumpAt, pausedUntil, this.#places.level2Limit.forgetAt, ...deadlines);
    // A timer that fires too early only looks again; one that is never moved costs nothing.
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
    if (at === Infinity) return;
    const wake = (): void => this.enter(() => this.#wake(at));
    const handle = this.clock.setTimeout(wake, Math.max(0, Math.ceil(at - now)));
    this.#timer = { handle, at };
  }

  #wake(at: Instant): void {
    this.#timer = undefined;
    const lateMs = this.clock.now() - at;
    if (lateMs >= STALL_MS) for (const slot of this.#slots()) slot.excuse(lateMs);
    this.settle();
  }

  #conclude(error: ClientError | undefined): void {
    this.#transitions.stop();
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer.handle);
    this.outlet.end(error);
    this.#resolveEnded();
  }

  /** A transition threw: no part can be trusted any more, so the sockets are dropped and the feed ends here. */
  #collapse(cause: unknown): void {
    const reason = cause instanceof Error ? cause.name : typeof cause;
    const error = new ClientError('CLIENT_INTERNAL', { reason }, { cause });
    this.#ending ??= { error };
    this.log({ level: 'error', event: 'feed-failed', details: { code: error.code, message: error.message } });
    // Each may be what is broken.
    for (const slot of this.#slots()) attempt(() => slot.drop());
    attempt(() => this.clock.clearTimeout(this.#timer?.handle));
    this.#timer = undefined;
    this.#conclude(error);
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Nothing depends on it any more.
  }
}
