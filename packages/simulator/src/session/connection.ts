import type { Clock } from '../clock.ts';
import type { LedgerPage } from '../ledger.ts';
import type { Publication } from '../market/publication.ts';
import { isPrivate, isServed, type Endpoint } from './channels.ts';
import type { Numbering } from './numbering.ts';
import type { RateLimit } from './rate-limit.ts';
import { parseRequest, type Request } from './request.ts';
import { createSession, type Session, type SessionPorts } from './session.ts';
import type { TokenVerdict } from './token-check.ts';

/** What an edge lends a connection: one socket, real or in memory. */
export interface Link {
  /** Queues one frame. */
  frame(payload: Uint8Array, binary: boolean): void;
  /** Hands everything queued to the socket at once. */
  flush(): void;
  /** Begins the closing handshake, after what is queued. */
  close(code: number, reason: string): void;
  /** Ends the socket without a closing handshake. */
  terminate(): void;
  /** Bytes that the socket has not taken yet. */
  readonly bufferedBytes: number;
}

/** What the exchange enforces. Every one can be raised to Infinity. */
export interface ConnectionLimits {
  readonly subscribeDeadlineMs: number;
  readonly idleMs: number;
  readonly mostBufferedBytes: number;
}

export interface ConnectionPorts {
  readonly endpoint: Endpoint;
  readonly link: Link;
  readonly clock: Clock;
  readonly page: LedgerPage;
  readonly numbering: Numbering;
  readonly session: Omit<SessionPorts, 'send' | 'sendError' | 'endpoint'>;
  readonly limits: ConnectionLimits;
  readonly unauthenticated: RateLimit;
  readonly requireAuth: boolean;
  checkToken(token: string): TokenVerdict;
  /** Nanoseconds since the exchange began. */
  exchangeNow(): number;
  onEnd(): void;
}

/** One client's connection: its session, its numbers, its limits, its page in the ledger. */
export interface Connection {
  readonly session: Session;
  readonly link: Link;
  receive(text: string, binary: boolean): void;
  publish(publication: Publication): void;
  /** The socket is gone. */
  closed(code: number, reason: string): void;
  /** Ends it from the exchange's side. */
  end(why: string, code: number | 'no-handshake'): void;
}

const AUTH_FAILURE = 'authentication failure';
const RATE_LIMIT = 'rate limit exceeded';
const NO_REQUEST = 'failure to subscribe';

export function createConnection(ports: ConnectionPorts): Connection {
  const { link, clock, page, limits } = ports;
  let ended = false;
  let lastSentAt = clock.now();
  const timers = new Set<unknown>();

  const end: Connection['end'] = (why, code) => {
    if (ended) return;
    ended = true;
    page.recordEnd({
      by: 'exchange',
      why,
      code: code === 'no-handshake' ? 1006 : code,
      at: clock.now(),
    });
    stopTimers();
    link.flush();
    if (code === 'no-handshake') link.terminate();
    else link.close(code, '');
    ports.onEnd();
  };
  const stopTimers = (): void => {
    for (const timer of timers) clock.clearTimeout(timer);
    timers.clear();
  };
  const after = (ms: number, action: () => void): void => {
    if (ms === Number.POSITIVE_INFINITY) return;
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      action();
    }, ms);
    timers.add(timer);
  };

  const transmit = (bytes: Buffer, sequence: number | undefined, channel: string | undefined): void => {
    if (ended) return;
    const generated = page.recordGenerated();
    lastSentAt = clock.now();
    page.recordSent(bytes, { generated, sequence, channel, binary: false, faults: [] });
    link.frame(bytes, false);
  };

  const session = createSession({
    ...ports.session,
    endpoint: ports.endpoint,
    send(publication) {
      const { bytes, sequence, channel } = ports.numbering.number(publication);
      transmit(bytes, sequence, channel);
    },
    sendError(message) {
      transmit(Buffer.from(JSON.stringify({ type: 'error', message })), undefined, undefined);
    },
  });

  const judge = (request: Request, token: TokenVerdict | undefined): string | undefined => {
    if (token?.ok === false) return AUTH_FAILURE;
    if (!isServed(request.channel, ports.endpoint)) return AUTH_FAILURE;
    if (token === undefined && (ports.requireAuth || isPrivate(request.channel))) return AUTH_FAILURE;
    return undefined;
  };

  const subscribeDeadline = (): void => {
    if (session.channels.size === 0) end('no subscription within the deadline', 1000);
  };
  after(limits.subscribeDeadlineMs, subscribeDeadline);

  const watchIdleness = (): void => {
    const silentMs = clock.now() - lastSentAt;
    if (silentMs >= limits.idleMs) end('no updates', 'no-handshake');
    else after(limits.idleMs - silentMs, watchIdleness);
  };
  after(limits.idleMs, watchIdleness);

  return {
    session,
    link,
    receive(text, binary) {
      if (ended) return;
      const at = clock.now();
      const request = parseRequest(text);
      const token = request?.jwt === undefined ? undefined : ports.checkToken(request.jwt);
      const tooFast = token?.ok !== true && !ports.unauthenticated.take(at);
      const refusal = tooFast ? RATE_LIMIT : request === undefined ? NO_REQUEST : judge(request, token);
      page.recordReceived({
        at,
        text: redact(text),
        binary,
        refusal,
        token: token === undefined ? undefined : token.ok ? 'ok' : token.reason,
        nonce: token?.ok === true ? token.nonce : undefined,
      });
      const asked = request ?? { type: 'subscribe', channel: undefined, products: undefined, jwt: undefined };
      session.request(asked, refusal, ports.exchangeNow());
    },
    publish(publication) {
      if (ended) return;
      session.publish(publication);
      if (link.bufferedBytes > limits.mostBufferedBytes) end('the client reads too slowly', 'no-handshake');
    },
    closed(code, reason) {
      page.recordEnd({ by: 'client', why: reason, code, at: clock.now() });
      ended = true;
      stopTimers();
      ports.onEnd();
    },
    end,
  };
}

/** A token must not outlive the check: not in memory, not over the control API. */
function redact(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null)
      return JSON.stringify('jwt' in value ? { ...value, jwt: '[redacted]' } : value);
  } catch {
    // Not JSON: it may still hold a token, so that nothing of it is kept.
  }
  return `(${text.length} characters that are no JSON object)`;
}
