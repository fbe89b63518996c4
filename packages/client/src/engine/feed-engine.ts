// Runs one feed: assigns subscriptions, drives the places, owns the timer. What is to be decided is decided elsewhere, by
// pure parts. Every way in goes through `enter`.
import { Admission } from '../transport/admission.ts';
import { Alarm } from './alarm.ts';
import { ClientError } from '../model/client-error.ts';
import type { Clock, Instant } from '../model/clock.ts';
import type { FeedSettings } from '../options/feed-options.ts';
import type { ShardHost } from '../shard/shard-host.ts';
import { Level2Limit } from '../subscriptions/level2-limit.ts';
import type { LogEntry } from '../model/log.ts';
import { Outlet } from './delivery-queue.ts';
import { Places } from './shard-set.ts';
import { RequestPump } from './request-scheduler.ts';
import { RunToCompletion } from './run-to-completion.ts';
import { SentSecrets } from '../model/sent-secrets.ts';
import type { Slot } from '../shard/shard.ts';
import { noTopics, type Topics } from '../subscriptions/subscription-set.ts';

export class Engine {
  readonly outlet: Outlet;
  readonly openedAt: Instant;
  readonly #settings: FeedSettings;
  readonly #level2Limit: Level2Limit;
  readonly #pump: RequestPump;
  readonly #transitions: RunToCompletion = new RunToCompletion({
    round: () => this.#round(),
    failed: (cause) => this.#collapse(cause),
    deliver: () => this.outlet.deliver(),
  });
  readonly #places: Places;
  #wanted: Topics = noTopics;
  #connections = 0;
  /** When the queue asked to hold the sockets back. */
  #heldAt: Instant = 0;
  /** When the hold began that connections may yet be given up for. */
  #pausedAt: Instant = Infinity;
  readonly #alarm: Alarm;
  #ending: { readonly error?: ClientError } | undefined;
  #resolveEnded: () => void = () => {};
  /** Resolves when every socket is gone. */
  readonly ended: Promise<void> = new Promise((resolve) => {
    this.#resolveEnded = resolve;
  });

  constructor(settings: FeedSettings) {
    this.#settings = settings;
    const { pacing, patience, marketUrls, userUrls, limits, queue } = settings;
    const secrets = new SentSecrets();
    for (const url of [...marketUrls, ...userUrls]) secrets.rememberUrl(url);
    const log = (entry: LogEntry): void => this.#log(entry);
    const fail = (error: ClientError): void => this.#fail(error);
    const admission = new Admission({ pacing, patience, log, fail });
    this.openedAt = settings.clock.now();
    this.#alarm = new Alarm(settings.clock, () => this.#transitions.run(() => this.#transitions.unsettle()));
    this.outlet = new Outlet(queue, (held) => this.#held(held));
    this.#level2Limit = new Level2Limit(limits.level2ProductsPerConnection);
    const shared = { settings, admission, log, fail, transitions: this.#transitions };
    const host: ShardHost = {
      ...shared,
      secrets,
      level2Limit: this.#level2Limit,
      queue: this.outlet,
      nextConnection: () => this.#connections++,
      excuseStall: (now) => {
        this.#excuse(now);
        this.#transitions.unsettle();
      },
    };
    this.#places = new Places(host, settings);
    this.#pump = new RequestPump(shared);
  }

  get clock(): Clock {
    return this.#settings.clock;
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
    this.#transitions.run(() => {
      if (this.#ending !== undefined) return;
      this.#wanted = change(this.#wanted);
      this.#places.share(this.#wanted);
      this.#transitions.unsettle();
    });
  }

  refresh(productIds: readonly string[], connection: number | undefined): void {
    this.#transitions.run(() => {
      for (const slot of this.#slots()) {
        if (connection === undefined || slot.connection === connection) slot.session?.refresh(productIds);
      }
      this.#transitions.unsettle();
    });
  }

  /** Lets every connection go; the first reason given is the one that counts. */
  finish(error?: ClientError): void {
    this.#transitions.run(() => this.#finish(error));
  }

  #log(entry: LogEntry): void {
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

  #fail(error: ClientError): void {
    this.#log({
      level: 'error',
      event: 'feed-failed',
      details: { code: error.code, message: error.message },
    });
    this.#finish(error);
  }

  #finish(error?: ClientError): void {
    if (this.#ending !== undefined) return;
    this.#ending = error === undefined ? {} : { error };
    for (const slot of this.#slots()) slot.release();
    this.#transitions.unsettle();
  }

  /** Lets every place do what is due, then re-arms the timer. */
  #round(): void {
    const now = this.clock.now();
    this.#excuse(now);
    if (now - this.#pausedAt >= this.#settings.patience.pausedMs) this.#giveUpPaused();
    this.#level2Limit.recover(now);
    if (this.#places.outdated) this.#places.share(this.#wanted);
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
    else this.#transitions.run(() => this.#hold(held));
  }

  #hold(held: boolean): void {
    const now = this.clock.now();
    const pausedMs = held ? 0 : now - this.#heldAt;
    this.#heldAt = now;
    this.#pausedAt = held ? now : Infinity;
    for (const slot of this.#slots()) slot.hold(held, pausedMs);
    // Held back only now and then, this is too often for a round of everything.
    if (!held || !this.#alarm.isSet) this.#transitions.unsettle();
  }

  #giveUpPaused(): void {
    this.#pausedAt = Infinity;
    this.#log({
      level: 'warn',
      event: 'consumer-too-slow',
      details: { pausedMs: this.#settings.patience.pausedMs },
    });
    for (const slot of this.#slots()) slot.abandon('backpressure', 'the consumer is too slow');
  }

  #arm(pumpAt: Instant): void {
    const now = this.clock.now();
    const deadlines = this.#slots().map((slot) => slot.deadline(now));
    const pausedUntil = this.#pausedAt + this.#settings.patience.pausedMs;
    const at = Math.min(pumpAt, pausedUntil, this.#level2Limit.forgetAt, ...deadlines);
    this.#alarm.set(at);
  }

  /** What peers did while this process stood still is yet to be read: every wait for them is prolonged. */
  #excuse(now: Instant): void {
    const stalledMs = this.#alarm.stalledMs(now);
    if (stalledMs === 0) return;
    if (this.#pausedAt !== Infinity) this.#pausedAt = Math.min(this.#pausedAt + stalledMs, now);
    for (const slot of this.#slots()) slot.stalled(stalledMs);
  }

  #conclude(error: ClientError | undefined): void {
    this.#transitions.stop();
    this.#alarm.stop();
    this.outlet.end(error);
    this.#resolveEnded();
  }

  /** A transition threw: no part can be trusted any more, so the sockets are dropped and the feed ends here. */
  #collapse(cause: unknown): void {
    const reason = cause instanceof Error ? cause.name : typeof cause;
    const error = new ClientError('CLIENT_INTERNAL', { reason }, { cause });
    this.#ending ??= { error };
    this.#log({
      level: 'error',
      event: 'feed-failed',
      details: { code: error.code, message: error.message },
    });
    // Each may be what is broken.
    for (const slot of this.#slots()) attempt(() => slot.drop());
    attempt(() => this.#alarm.stop());
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
