// Runs one feed: assigns subscriptions, drives the shards, owns the timer. Decisions are made in pure parts; every
// call from outside is a transition.
import { Admission } from '../transport/admission.ts';
import { Alarm } from './alarm.ts';
import { ClientError } from '../model/client-error.ts';
import type { Clock, Instant } from '../model/clock.ts';
import type { FeedSettings } from '../options/feed-options.ts';
import type { ShardHost } from '../shard/shard-host.ts';
import { Level2Limit } from '../subscriptions/level2-limit.ts';
import type { LogEntry } from '../model/log.ts';
import { DeliveryQueue } from './delivery-queue.ts';
import { ShardSet } from './shard-set.ts';
import { RequestScheduler } from './request-scheduler.ts';
import { RunToCompletion } from './run-to-completion.ts';
import { SentSecrets } from '../model/sent-secrets.ts';
import type { Shard } from '../shard/shard.ts';
import { noSubscriptions, type SubscriptionSet } from '../subscriptions/subscription-set.ts';

export class FeedEngine {
  readonly queue: DeliveryQueue;
  readonly openedAt: Instant;
  readonly #settings: FeedSettings;
  readonly #level2Limit: Level2Limit;
  readonly #scheduler: RequestScheduler;
  readonly #transitions: RunToCompletion = new RunToCompletion({
    round: () => this.#runShards(),
    failed: (cause) => this.#failInternally(cause),
    deliver: () => this.queue.deliver(),
  });
  readonly #shards: ShardSet;
  #desired: SubscriptionSet = noSubscriptions;
  #connections = 0;
  /** When the sockets were paused. */
  #pausedAt: Instant = 0;
  /** Since when paused connections wait to be replaced; Infinity once they were. */
  #slowSince: Instant = Infinity;
  readonly #alarm: Alarm;
  #ending: { readonly error?: ClientError } | undefined;
  #resolveEnded: () => void = () => {};
  /** Resolves when every socket is gone. */
  readonly ended: Promise<void> = new Promise((resolve) => {
    this.#resolveEnded = resolve;
  });

  constructor(settings: FeedSettings) {
    this.#settings = settings;
    const { rateLimits, backoff, marketUrls, userUrls, limits, queue } = settings;
    const secrets = new SentSecrets();
    for (const url of [...marketUrls, ...userUrls]) secrets.rememberUrl(url);
    const log = (entry: LogEntry): void => this.#log(entry);
    const fail = (error: ClientError): void => this.#fail(error);
    const admission = new Admission({ rateLimits, backoff, log, fail });
    this.openedAt = settings.clock.now();
    this.#alarm = new Alarm(settings.clock, () =>
      this.#transitions.run(() => this.#transitions.requestRound()),
    );
    this.queue = new DeliveryQueue(queue, (paused) => this.#pauseChanged(paused));
    this.#level2Limit = new Level2Limit(limits.level2ProductsPerConnection);
    const shared = { settings, admission, log, fail, transitions: this.#transitions };
    const host: ShardHost = {
      ...shared,
      secrets,
      level2Limit: this.#level2Limit,
      queue: this.queue,
      nextConnection: () => this.#connections++,
      noticeStall: (now) => {
        this.#noticeStall(now);
        this.#transitions.requestRound();
      },
    };
    this.#shards = new ShardSet(host, settings);
    this.#scheduler = new RequestScheduler(shared);
  }

  get clock(): Clock {
    return this.#settings.clock;
  }

  /** Shards by line and number. */
  get lines(): readonly (readonly Shard[])[] {
    return this.#shards.lines;
  }

  get desired(): SubscriptionSet {
    return this.#desired;
  }

  get closed(): boolean {
    return this.#ending !== undefined;
  }

  /** Changes the desired subscriptions. */
  changeDesired(change: (desired: SubscriptionSet) => SubscriptionSet): void {
    this.#transitions.run(() => {
      if (this.#ending !== undefined) return;
      this.#desired = change(this.#desired);
      this.#shards.assign(this.#desired);
      this.#transitions.requestRound();
    });
  }

  refresh(productIds: readonly string[], connection: number | undefined): void {
    this.#transitions.run(() => {
      for (const shard of this.#allShards()) {
        if (connection === undefined || shard.connectionNumber === connection)
          shard.connection?.refresh(productIds);
      }
      this.#transitions.requestRound();
    });
  }

  /** Closes every connection; the first error given is the one that counts. */
  close(error?: ClientError): void {
    this.#transitions.run(() => this.#close(error));
  }

  #log(entry: LogEntry): void {
    const { log } = this.#settings;
    if (log === undefined) return;
    this.#transitions.afterTransition(() => {
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
    this.#close(error);
  }

  #close(error?: ClientError): void {
    if (this.#ending !== undefined) return;
    this.#ending = error === undefined ? {} : { error };
    for (const shard of this.#allShards()) shard.release();
    this.#transitions.requestRound();
  }

  /** Runs all shards, then re-arms the timer. */
  #runShards(): void {
    const now = this.clock.now();
    this.#noticeStall(now);
    if (now - this.#slowSince >= this.#settings.timeouts.pausedMs) this.#dropPausedConnections();
    this.#level2Limit.resetWhenDue(now);
    if (this.#shards.limitChanged) this.#shards.assign(this.#desired);
    const shards = this.#allShards();
    for (const shard of shards) shard.tick(now);
    const pumpAt = this.#scheduler.run(shards, now);
    const gone = shards.every(({ phase }) => phase === 'idle' || phase === 'stopped');
    if (this.#ending !== undefined && gone) this.#end(this.#ending.error);
    else this.#armTimer(pumpAt);
  }

  #allShards(): readonly Shard[] {
    return this.#shards.lines.flat();
  }

  /** Called by the queue, inside a transition or while the consumer takes items. */
  #pauseChanged(paused: boolean): void {
    if (this.#transitions.running) this.#setPaused(paused);
    else this.#transitions.run(() => this.#setPaused(paused));
  }

  #setPaused(paused: boolean): void {
    const now = this.clock.now();
    const pausedMs = paused ? 0 : now - this.#pausedAt;
    this.#pausedAt = now;
    this.#slowSince = paused ? now : Infinity;
    for (const shard of this.#allShards()) shard.setPaused(paused, pausedMs);
    // A short pause happens too often to run all shards for it.
    if (!paused || !this.#alarm.isSet) this.#transitions.requestRound();
  }

  #dropPausedConnections(): void {
    this.#slowSince = Infinity;
    this.#log({
      level: 'warn',
      event: 'consumer-too-slow',
      details: { pausedMs: this.#settings.timeouts.pausedMs },
    });
    for (const shard of this.#allShards()) shard.abandon('backpressure', 'the consumer is too slow');
  }

  #armTimer(pumpAt: Instant): void {
    const now = this.clock.now();
    const deadlines = this.#allShards().map((shard) => shard.deadline(now));
    const pausedUntil = this.#slowSince + this.#settings.timeouts.pausedMs;
    const at = Math.min(pumpAt, pausedUntil, this.#level2Limit.resetAt, ...deadlines);
    this.#alarm.set(at);
  }

  /** What peers did while this process stood still is yet to be read: every wait for them is prolonged. */
  #noticeStall(now: Instant): void {
    const stalledMs = this.#alarm.stalledMs(now);
    if (stalledMs === 0) return;
    if (this.#slowSince !== Infinity) this.#slowSince = Math.min(this.#slowSince + stalledMs, now);
    for (const shard of this.#allShards()) shard.extendDeadlines(stalledMs);
  }

  #end(error: ClientError | undefined): void {
    this.#transitions.stop();
    this.#alarm.stop();
    this.queue.end(error);
    this.#resolveEnded();
  }

  /** A transition threw: no part can be trusted any more, so the sockets are dropped and the feed ends here. */
  #failInternally(cause: unknown): void {
    const reason = cause instanceof Error ? cause.name : typeof cause;
    const error = new ClientError('CLIENT_INTERNAL', { reason }, { cause });
    this.#ending ??= { error };
    this.#log({
      level: 'error',
      event: 'feed-failed',
      details: { code: error.code, message: error.message },
    });
    // Each may be what is broken.
    for (const shard of this.#allShards()) attempt(() => shard.terminate());
    attempt(() => this.#alarm.stop());
    this.#end(error);
  }
}

function attempt(action: () => void): void {
  try {
    action();
  } catch {
    // Nothing depends on it any more.
  }
}
