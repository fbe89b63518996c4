// Whose request is next: one feed's requests leave one after the other, at the exchange's pace, each with a token of
// its own.
import { isPrivateChannel } from '@feedtape/protocol';
import { ClientError } from './client-error.ts';
import type { Clock, Instant } from './clock.ts';
import type { Authentication } from './authentication.ts';
import type { Ask } from './dialogue.ts';
import type { TokenSource } from './feed-options.ts';
import type { Pacer } from './pacer.ts';
import type { Patience } from './patience.ts';
import type { Slot } from './slot.ts';

export interface RequestPumpPort {
  readonly clock: Clock;
  readonly patience: Patience;
  readonly token: TokenSource | undefined;
  readonly pacer: Pacer;
  readonly authentication: Authentication;
  settle(): void;
  fail(error: ClientError): void;
  tokenFailed(attempts: number, cause: unknown): void;
}

/** Token failures in a row after which the feed ends. */
const TOKEN_ATTEMPTS = 3;

export class RequestPump {
  readonly #port: RequestPumpPort;
  #signing = false;
  #tokenFailures = 0;
  #tokenAt: Instant = -Infinity;
  /** Whether public channels are asked for with a token too. */
  signsPublic = true;

  constructor(port: RequestPumpPort) {
    this.#port = port;
  }

  /** Sends what may be sent now; returns when to look again. */
  run(slots: readonly Slot[], now: Instant): Instant {
    const { pacer, authentication, token } = this.#port;
    if (this.#signing) return Infinity;
    const ordered = slots.toSorted((a, b) => Number(b.urgent) - Number(a.urgent));
    // What waits for it is not offered before.
    let lookAt = authentication.signedAt > now ? authentication.signedAt : Infinity;
    for (const slot of ordered) {
      const ask = slot.ask(now);
      if (ask === undefined) continue;
      const readyAt = pacer.readyAt();
      if (now < readyAt) return Math.min(lookAt, readyAt);
      if (token === undefined || !this.#signs(ask)) {
        pacer.take(now);
        slot.session?.conversation.send(ask, undefined, now);
        continue;
      }
      const signedAt = Math.max(authentication.signedAt, this.#tokenAt);
      if (now >= signedAt) {
        void this.#sign(slot, token);
        return Infinity;
      }
      lookAt = Math.min(lookAt, signedAt);
    }
    return lookAt;
  }

  #signs({ channel }: Ask): boolean {
    return this.signsPublic || isPrivateChannel(channel);
  }

  /** The only asynchronous step before a request: it must not fail unheard. */
  async #sign(slot: Slot, token: TokenSource): Promise<void> {
    const { clock, pacer } = this.#port;
    const { session } = slot;
    this.#signing = true;
    try {
      const request = { connection: slot.connection, url: slot.url };
      const jwt = await withTimeout(token(request), clock, this.#port.patience.tokenMs);
      const now = clock.now();
      // The world may have moved on: what is asked is decided now, not when the token was ordered.
      const ask = slot.session === session ? slot.ask(now) : undefined;
      if (ask !== undefined) {
        pacer.take(now);
        session?.conversation.send(ask, this.#signs(ask) ? jwt : undefined, now);
      }
      this.#tokenFailures = 0;
    } catch (cause) {
      this.#failed(cause);
    } finally {
      this.#signing = false;
    }
    this.#port.settle();
  }

  #failed(cause: unknown): void {
    this.#tokenFailures += 1;
    this.#tokenAt = this.#port.clock.now() + this.#port.patience.refusedMs;
    this.#port.tokenFailed(this.#tokenFailures, cause);
    if (this.#tokenFailures >= TOKEN_ATTEMPTS)
      this.#port.fail(new ClientError('CLIENT_TOKEN_FAILED', { attempts: this.#tokenFailures }, { cause }));
  }
}

async function withTimeout<Value>(promise: Promise<Value>, clock: Clock, ms: number): Promise<Value> {
  let handle: unknown;
  const late = new Promise<never>((_, reject) => {
    handle = clock.setTimeout(() => reject(new Error(`no token within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clock.clearTimeout(handle);
  }
}
