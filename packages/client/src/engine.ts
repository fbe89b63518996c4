// One feed's moving parts: it keeps the plan, hands every place its share, and calls everybody back in time. What is
// to be decided is decided elsewhere, by pure parts.
import { Authentication } from './authentication.ts';
import { ClientError } from './client-error.ts';
import type { Clock, Instant } from './clock.ts';
import type { FeedItem } from './feed-item.ts';
import type { FeedSettings } from './feed-options.ts';
import type { AuthenticationRefusal, FeedPort, Recovery } from './feed-port.ts';
import type { LogEntry } from './log.ts';
import { Outlet } from './outlet.ts';
import type { Pacing } from './pacing.ts';
import type { Patience } from './patience.ts';
import { type Plan, replan } from './plan.ts';
import { RequestPump } from './request-pump.ts';
import { SentSecrets } from './sent-secrets.ts';
import { Slot } from './slot.ts';
import { type Topics, withoutPrivate } from './topics.ts';
import type { Transport } from './transport.ts';

/** The timer fired this late: we were not running, so nobody else is to blame for the silence. */
const STALL_MS = 1_000;
/** After the exchange said that we ask too often. */
const RATE_LIMITED_MS = 1_100;
/** Clocks that differ by more explain a refused token; a token source makes up for less. */
const CLOCKS_DIFFER_MS = 300_000;

const NOTHING: Topics = new Map();

export class Engine implements FeedPort {
  readonly outlet: Outlet;
  /** Places by line and number. */
  readonly lines: readonly Slot[][];
  readonly openedAt: Instant;
  readonly clock: Clock;
  readonly patience: Patience;
  readonly transport: Transport;
  readonly recovery: Recovery;
  readonly maxAttempts: number;
  readonly secrets: SentSecrets = new SentSecrets();
  readonly #settings: FeedSettings;
  readonly #authentication: Authentication;
  readonly #pacing: Pacing;
  readonly #pump: RequestPump;
  #level2Limit: number;
  #wanted: Topics = NOTHING;
  #plans: Plan[];
  #connections = 0;
  #paused = false;
  #pausedAt: Instant = Infinity;
  #settling: 'no' | 'yes' | 'again' = 'no';
  #timer: { readonly handle: unknown; readonly at: Instant } | undefined;
  #ending: { readonly error?: ClientError } | undefined;
  #over = false;
  #resolveEnded: () => void = () => {};
  /** Resolves when every socket is gone. */
  readonly ended: Promise<void> = new Promise((resolve) => {
    this.#resolveEnded = resolve;
  });

  constructor(settings: FeedSettings) {
    this.#settings = settings;
    const { clock, limits, patience, queue, redundancy } = settings;
    this.clock = clock;
    this.patience = patience;
    this.transport = settings.transport;
    this.recovery = settings.recovery;
    this.maxAttempts = settings.maxAttempts;
    this.openedAt = clock.now();
    for (const url of [...settings.marketUrls, ...settings.userUrls]) this.secrets.rememberUrl(url);
    this.outlet = new Outlet(queue, (held) => this.#hold(held));
    this.#authentication = new Authentication(patience);
    this.#pacing = settings.pacing;
    this.#level2Limit = limits.level2ProductsPerConnection;
    this.lines = Array.from({ length: redundancy }, () => []);
    this.#plans = this.lines.map(() => []);
    this.#pump = new RequestPump({
      clock,
      patience,
      token: settings.token,
      pacer: this.#pacing.requests,
      authentication: this.#authentication,
      settle: () => this.settle(),
      fail: (error) => this.fail(error),
      tokenFailed: (attempts) => this.log({ level: 'error', event: 'token-failed', details: { attempts } }),
    });
  }

  get wanted(): Topics {
    return this.#wanted;
  }

  get closed(): boolean {
    return this.#ending !== undefined;
  }

  /** From now on exactly this is wanted. */
  want(wanted: Topics): void {
    if (this.#ending !== undefined) return;
    this.#wanted = wanted;
    this.#share();
    this.settle();
  }

  refresh(productIds: readonly string[], connection: number | undefined): void {
    for (const slot of this.#slots()) {
      if (connection === undefined || slot.connection === connection) slot.session?.refresh(productIds);
    }
    this.settle();
  }

  /** Lets every connection go; the first reason given is the one that counts. */
  finish(error?: ClientError): void {
    if (this.#ending !== undefined) return;
    this.#ending = error === undefined ? {} : { error };
    for (const slot of this.#slots()) slot.release();
    this.settle();
  }

  // What connections may use: see FeedPort.

  random(): number {
    return this.#settings.random();
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
    try {
      this.#settings.log?.(entry);
    } catch {
      // A log that fails must not stop a feed.
    }
  }

  nextConnection(): number {
    return this.#connections++;
  }

  clearedAt(attempt: number): Instant {
    if (this.#paused) return Infinity;
    const pace = Math.max(this.#pacing.dials.readyAt(), this.#authentication.clearAt);
    return attempt > 0 ? Math.max(pace, this.#pacing.redials.readyAt()) : pace;
  }

  dialled(attempt: number, now: Instant): void {
    this.#pacing.dials.take(now);
    if (attempt > 0) this.#pacing.redials.take(now);
  }

  authenticationFailed({ channel, message, clockOffMs }: AuthenticationRefusal, now: Instant): Instant {
    const clearAt = this.#authentication.failed(channel, now);
    const { failures: attempts, left } = this.#authentication;
    if (left <= 0 && clockOffMs !== undefined && Math.abs(clockOffMs) > CLOCKS_DIFFER_MS) {
      const details = { clockOffMs, retryInMs: this.patience.clockMs };
      this.log({ level: 'error', event: 'authentication-waits-for-the-clock', details });
      return this.#authentication.postpone(now);
    }
    if (left <= 0) this.fail(new ClientError('CLIENT_AUTH_FAILED', { attempts, message }));
    return clearAt;
  }

  get signedAt(): Instant {
    return this.#authentication.signedAt;
  }

  publicRefused(): void {
    this.#pump.signsPublic = false;
  }

  get authenticationsLeft(): number {
    return this.#authentication.left;
  }

  accepted(channel: string): void {
    this.#authentication.accepted(channel);
  }

  rateLimited(now: Instant): void {
    this.#pacing.requests.hold(now + RATE_LIMITED_MS);
  }

  level2Refused(products: number): void {
    const limit = Math.max(1, Math.min(products, this.#level2Limit - 1));
    this.log({
      level: 'warn',
      event: 'level2-limit-lowered',
      details: { from: this.#level2Limit, to: limit },
    });
    this.#level2Limit = limit;
    this.#share();
  }

  fail(error: ClientError): void {
    this.log({ level: 'error', event: 'feed-failed', details: { code: error.code, message: error.message } });
    this.finish(error);
  }

  /** Lets everybody do what is due, until nobody causes anything new, and comes back in time for what is next. */
  settle(): void {
    if (this.#over) return;
    if (this.#settling !== 'no') {
      this.#settling = 'again';
      return;
    }
    let pumpAt: Instant;
    do {
      this.#settling = 'yes';
      const now = this.clock.now();
      if (now - this.#pausedAt >= this.patience.pausedMs) this.#giveUpPaused();
      const slots = this.#slots();
      for (const slot of slots) slot.tick(now);
      pumpAt = this.#pump.run(slots, now);
    } while (this.#isUnsettled());
    this.#settling = 'no';
    if (
      this.#ending !== undefined &&
      this.#slots().every(({ phase }) => phase === 'idle' || phase === 'stopped')
    )
      this.#conclude(this.#ending);
    else this.#arm(pumpAt);
  }

  #isUnsettled(): boolean {
    return this.#settling === 'again';
  }

  #slots(): readonly Slot[] {
    return this.lines.flat();
  }

  #share(): void {
    const limits = { ...this.#settings.limits, level2ProductsPerConnection: this.#level2Limit };
    for (const [line, slots] of this.lines.entries()) {
      // Private channels stay single: the exchange expects one connection for a user.
      const wanted = line === 0 ? this.#wanted : withoutPrivate(this.#wanted);
      const plan = replan(this.#plans[line] ?? [], wanted, limits);
      this.#plans[line] = plan;
      for (const [index, place] of plan.entries()) {
        slots[index] ??= new Slot(this, line);
        const { marketUrls, userUrls } = this.#settings;
        slots[index].want(place?.topics ?? NOTHING, place?.endpoint === 'user' ? userUrls : marketUrls);
      }
    }
  }

  #hold(held: boolean): void {
    this.#paused = held;
    this.#pausedAt = held ? this.clock.now() : Infinity;
    for (const slot of this.#slots()) slot.hold(held);
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
    const at = Math.min(pumpAt, this.#pausedAt + this.patience.pausedMs, ...deadlines);
    // A timer that fires too early only looks again; one that is never moved costs nothing.
    if (this.#timer !== undefined && this.#timer.at <= at) return;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer.handle);
    this.#timer = undefined;
    if (at === Infinity) return;
    const handle = this.clock.setTimeout(() => this.#wake(at), Math.max(0, Math.ceil(at - now)));
    this.#timer = { handle, at };
  }

  #wake(at: Instant): void {
    this.#timer = undefined;
    if (this.clock.now() - at >= STALL_MS) for (const slot of this.#slots()) slot.forgive();
    this.settle();
  }

  #conclude({ error }: { readonly error?: ClientError }): void {
    this.#over = true;
    if (this.#timer !== undefined) this.clock.clearTimeout(this.#timer.handle);
    this.outlet.end(error);
    this.#resolveEnded();
  }
}
