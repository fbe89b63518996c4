// Whose request is next: one feed's requests leave one after the other, at the exchange's pace, each with a token of
// its own.
import { isPrivateChannel, subscribeRequest } from '@feedtape/protocol';
import type { Admission } from '../transport/admission.ts';
import { ClientError } from '../model/client-error.ts';
import type { Clock, Instant } from '../model/clock.ts';
import type { Ask } from '../subscriptions/subscription-state.ts';
import type { TokenSource } from '../options/feed-options.ts';
import type { Patience } from '../model/timeouts.ts';
import type { Session } from '../shard/connection.ts';
import type { Slot } from '../shard/shard.ts';

export interface RequestPumpPort {
  readonly clock: Clock;
  readonly patience: Patience;
  readonly token: TokenSource | undefined;
  /** Whether an address is one of those that may have a token. */
  maySign(url: string): boolean;
  readonly admission: Admission;
  enter(transition: () => void): void;
  settle(): void;
  /** Calls the caller's code after the transition that is running. */
  afterwards(call: () => void): void;
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
    const { admission, token } = this.#port;
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
        this.#port.afterwards(() => void this.#sign(slot, token));
        return Infinity;
      }
      lookAt = Math.min(lookAt, signedAt);
    }
    return lookAt;
  }

  /** A token opens every channel of the account: it goes where private channels go and nowhere else. */
  #signs({ url }: Slot, { channel }: Ask): boolean {
    return this.#port.maySign(url) && (this.signsPublic || isPrivateChannel(channel));
  }

  /** The only asynchronous step before a request: it must not fail unheard. */
  async #sign(slot: Slot, token: TokenSource): Promise<void> {
    const { clock, patience } = this.#port;
    const { session } = slot;
    let use: (now: Instant) => void;
    try {
      const request = { connection: slot.connection, url: slot.url };
      const jwt = checkedToken(await withTimeout(token(request), clock, patience.tokenMs));
      use = (now) => this.#use(slot, session, jwt, now);
    } catch (cause) {
      use = () => this.#failed(cause);
    }
    this.#port.enter(() => {
      this.#signing = false;
      use(clock.now());
      this.#port.settle();
    });
  }

  /** The world may have moved on: what is asked is decided now, not when the token was ordered. */
  #use(slot: Slot, session: Session | undefined, jwt: string, now: Instant): void {
    this.#tokenFailures = 0;
    const ask = slot.session === session ? slot.ask(now) : undefined;
    if (ask === undefined) return;
    this.#port.admission.requested(now);
    session?.send(ask, this.#signs(slot, ask) ? jwt : undefined, now);
  }

  #failed(cause: unknown): void {
    this.#tokenFailures += 1;
    this.#tokenAt = this.#port.clock.now() + this.#port.patience.refusedMs;
    this.#port.tokenFailed(this.#tokenFailures, cause);
    if (this.#tokenFailures >= TOKEN_ATTEMPTS)
      this.#port.fail(new ClientError('CLIENT_TOKEN_FAILED', { attempts: this.#tokenFailures }, { cause }));
  }
}

/** @throws ProtocolError `PROTOCOL_BAD_TOKEN` for what no request can carry */
function checkedToken(jwt: string): string {
  subscribeRequest({ channel: 'heartbeats', jwt });
  return jwt;
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
