// Whose request is next: one feed's requests leave one after the other, at the exchange's pace, each with a token of
// its own.
import { isPrivateChannel, subscribeRequest } from '@feedtape/protocol';
import type { Admission } from '../transport/admission.ts';
import { ClientError } from '../model/client-error.ts';
import { aString } from '../model/check-options.ts';
import { type Clock, type Instant, waitFor } from '../model/clock.ts';
import type { Log } from '../model/log.ts';
import type { Ask } from '../subscriptions/subscription-state.ts';
import type { FeedSettings, TokenSource } from '../options/feed-options.ts';
import type { RunToCompletion } from './run-to-completion.ts';
import type { Session } from '../shard/connection.ts';
import type { Slot } from '../shard/shard.ts';

/** What the requests of a feed share with the rest of it. */
export interface RequestPumpParts {
  readonly settings: Pick<FeedSettings, 'clock' | 'patience' | 'token' | 'tokenOrigins'>;
  readonly admission: Admission;
  readonly log: Log;
  readonly transitions: Pick<RunToCompletion, 'run' | 'unsettle' | 'afterwards'>;
  readonly fail: (error: ClientError) => void;
}

/** Token failures in a row after which the feed ends. */
const TOKEN_ATTEMPTS = 3;

export class RequestPump {
  readonly #parts: RequestPumpParts;
  #signing = false;
  #tokenFailures = 0;
  #tokenAt: Instant = -Infinity;

  constructor(parts: RequestPumpParts) {
    this.#parts = parts;
  }

  /** Sends what may be sent now; returns when to look again. */
  run(slots: readonly Slot[], now: Instant): Instant {
    const { admission, settings, transitions } = this.#parts;
    const { token } = settings;
    if (this.#signing) return Infinity;
    const ordered = slots.toSorted((a, b) => Number(b.urgent) - Number(a.urgent));
    // What waits for it is not offered before.
    let lookAt = admission.signedAt > now ? admission.signedAt : Infinity;
    for (const slot of ordered) {
      const ask = slot.ask(now);
      if (ask === undefined) continue;
      const readyAt = admission.requestAt;
      if (now < readyAt) return Math.min(lookAt, readyAt);
      if (token === undefined || !this.#signs(slot, ask)) {
        admission.requested(now);
        slot.session?.send(ask, undefined, now);
        continue;
      }
      const signedAt = Math.max(admission.signedAt, this.#tokenAt);
      if (now >= signedAt) {
        this.#signing = true;
        transitions.afterwards(() => void this.#sign(slot, token));
        return Infinity;
      }
      lookAt = Math.min(lookAt, signedAt);
    }
    return lookAt;
  }

  /** A token opens every channel of the account: it goes where private channels go and nowhere else. */
  #signs({ url }: Slot, { channel }: Ask): boolean {
    const { admission, settings } = this.#parts;
    if (!settings.tokenOrigins.has(new URL(url).origin)) return false;
    return admission.signsPublic || isPrivateChannel(channel);
  }

  /** The only asynchronous step before a request: it must not fail unheard. */
  async #sign(slot: Slot, token: TokenSource): Promise<void> {
    const { settings, transitions } = this.#parts;
    const { clock, patience } = settings;
    const { session } = slot;
    let use: (now: Instant) => void;
    try {
      const request = { connection: slot.connection, url: slot.url };
      const jwt = checkedToken(await withTimeout(token(request), clock, patience.tokenMs));
      use = (now) => this.#use(slot, session, jwt, now);
    } catch (cause) {
      use = () => this.#failed(cause);
    }
    transitions.run(() => {
      this.#signing = false;
      use(clock.now());
      transitions.unsettle();
    });
  }

  /** The world may have moved on: what is asked is decided now, not when the token was ordered. */
  #use(slot: Slot, session: Session | undefined, jwt: string, now: Instant): void {
    this.#tokenFailures = 0;
    const ask = slot.session === session ? slot.ask(now) : undefined;
    if (ask === undefined) return;
    this.#parts.admission.requested(now);
    session?.send(ask, this.#signs(slot, ask) ? jwt : undefined, now);
  }

  #failed(cause: unknown): void {
    this.#tokenFailures += 1;
    const { settings, log, fail } = this.#parts;
    this.#tokenAt = settings.clock.now() + settings.patience.refusedMs;
    log({ level: 'error', event: 'token-failed', details: { attempts: this.#tokenFailures } });
    if (this.#tokenFailures >= TOKEN_ATTEMPTS)
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
