// Schedules the requests of one feed: one after the other, within the rate limits, each with its own token.
import { isPrivateChannel, subscribeRequest } from '@feedtape/protocol';
import type { Admission } from '../transport/admission.ts';
import { ClientError } from '../model/client-error.ts';
import { aString } from '../model/check-options.ts';
import { type Clock, type Instant, waitFor } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { SubscriptionRequest } from '../subscriptions/subscription-state.ts';
import type { FeedSettings, TokenSource } from '../options/feed-options.ts';
import type { RunToCompletion } from './run-to-completion.ts';
import type { Connection } from '../shard/connection.ts';
import type { Shard } from '../shard/shard.ts';

/** What the requests of a feed share with the rest of it. */
export interface RequestSchedulerParts {
  readonly settings: Pick<FeedSettings, 'clock' | 'timeouts' | 'backoff' | 'token' | 'tokenOrigins'>;
  readonly admission: Admission;
  readonly log: Log;
  readonly transitions: Pick<RunToCompletion, 'run' | 'requestRound' | 'afterTransition'>;
  readonly fail: (error: ClientError) => void;
}

/** Token failures in a row after which the feed ends. */
const MAX_TOKEN_ATTEMPTS = 3;

export class RequestScheduler {
  readonly #parts: RequestSchedulerParts;
  #awaitingToken = false;
  #tokenFailures = 0;
  #tokenAt: Instant = -Infinity;

  constructor(parts: RequestSchedulerParts) {
    this.#parts = parts;
  }

  /** Sends the requests that are allowed now; returns when to run again. */
  run(shards: readonly Shard[], now: Instant): Instant {
    const { admission, settings, transitions } = this.#parts;
    const { token } = settings;
    if (this.#awaitingToken) return Infinity;
    const ordered = shards.toSorted((a, b) => Number(b.urgent) - Number(a.urgent));
    // What waits for it is not offered before.
    let lookAt = admission.signedAt > now ? admission.signedAt : Infinity;
    for (const shard of ordered) {
      const request = shard.nextRequest(now);
      if (request === undefined) continue;
      const readyAt = admission.requestableAt;
      if (now < readyAt) return Math.min(lookAt, readyAt);
      if (token === undefined || !this.#takesToken(shard, request)) {
        admission.requestSent(now);
        shard.connection?.send(request, undefined, now);
        continue;
      }
      const signedAt = Math.max(admission.signedAt, this.#tokenAt);
      if (now >= signedAt) {
        this.#awaitingToken = true;
        transitions.afterTransition(() => void this.#requestToken(shard, token));
        return Infinity;
      }
      lookAt = Math.min(lookAt, signedAt);
    }
    return lookAt;
  }

  /** A token opens every channel of the account: it goes where private channels go and nowhere else. */
  #takesToken({ url }: Shard, { channel }: SubscriptionRequest): boolean {
    const { admission, settings } = this.#parts;
    if (!settings.tokenOrigins.has(new URL(url).origin)) return false;
    return admission.signsPublic || isPrivateChannel(channel);
  }

  /** Requests a token, the only asynchronous step before a request. Never rejects. */
  async #requestToken(shard: Shard, token: TokenSource): Promise<void> {
    const { settings, transitions } = this.#parts;
    const { clock, timeouts } = settings;
    const { connection } = shard;
    let use: (now: Instant) => void;
    try {
      const request = { connection: shard.connectionNumber, url: shard.url };
      const jwt = checkedToken(await withTimeout(token(request), clock, timeouts.tokenMs));
      use = (now) => this.#sendWithToken(shard, connection, jwt, now);
    } catch (cause) {
      use = () => this.#tokenFailed(cause);
    }
    transitions.run(() => {
      this.#awaitingToken = false;
      use(clock.now());
      transitions.requestRound();
    });
  }

  /** Picks the request again: the desired subscriptions may have changed while the token was made. */
  #sendWithToken(shard: Shard, connection: Connection | undefined, jwt: string, now: Instant): void {
    this.#tokenFailures = 0;
    const request = shard.connection === connection ? shard.nextRequest(now) : undefined;
    if (request === undefined) return;
    this.#parts.admission.requestSent(now);
    connection?.send(request, this.#takesToken(shard, request) ? jwt : undefined, now);
  }

  #tokenFailed(cause: unknown): void {
    this.#tokenFailures += 1;
    const { settings, log, fail } = this.#parts;
    this.#tokenAt = settings.clock.now() + settings.backoff.refusedMs;
    log({ level: 'error', event: 'token-failed', details: { attempts: this.#tokenFailures } });
    if (this.#tokenFailures >= MAX_TOKEN_ATTEMPTS)
      fail(new ClientError('CLIENT_TOKEN_FAILED', { attempts: this.#tokenFailures }, { cause }));
  }
}

/**
 * @throws ClientError `CLIENT_OPTION_INVALID` for what is no string
 * @throws ProtocolError `PROTOCOL_BAD_TOKEN` for what no request can carry
 */
function checkedToken(jwt: string): string {
  aString('token()', jwt);
  subscribeRequest({ channel: 'heartbeats', jwt });
  return jwt;
}

async function withTimeout<Value>(promise: Promise<Value>, clock: Clock, ms: number): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = waitFor(clock, ms, () => reject(new Error(`no token within ${ms} ms`)));
    void Promise.resolve(promise).then(resolve, reject).finally(cancel);
  });
}
