import type { Clock } from '../time/clock.ts';
import type { ConnectionFault, RequestFault } from '../faults/fault.ts';
import type { FaultRules } from '../faults/fault-control.ts';
import type { LedgerPage } from '../ledger/ledger.ts';
import type { Publication } from '../market/publication.ts';
import { isPrivate, isServed, type Endpoint, wireName } from './channels.ts';
import type { Numbering } from './numbering.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Random } from '../random.ts';
import { createOutbox, type SessionOutlet } from './frame-pipeline.ts';
import { parseRequest, type Request } from './request.ts';
import type { Lie, Session } from './session.ts';
import type { TokenVerdict } from './token-check.ts';

/** What an edge lends a connection: one socket, real or in memory. */
export interface Link {
  /** Queues one frame; with `bytesPerSecond` it leaves byte by byte, and what follows waits for it. */
  frame(payload: Uint8Array, binary: boolean, bytesPerSecond?: number): void;
  /** Queues one text frame of ASCII characters only; returns its bytes, good until the next frame. */
  asciiFrame(text: string): Uint8Array;
  /** Hands everything queued to the socket at once. */
  flush(): void;
  /** Begins the closing handshake, in one write with what is queued. */
  close(code: number, reason: string): void;
  /** Ends the socket without a closing handshake, after what is queued. */
  terminate(): void;
  /** Resets the socket. */
  reset(): void;
  /** Reads and writes nothing any more and keeps the socket. */
  stall(): void;
  /** Bytes that the socket has not taken yet. */
  bufferedBytes(): number;
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
  readonly rules: FaultRules;
  readonly numbering: Numbering;
  readonly random: Random;
  readonly limits: ConnectionLimits;
  readonly unauthenticated: RateLimit;
  readonly requireAuth: boolean;
  checkToken(token: string): TokenVerdict;
  readonly openSession: (outlet: SessionOutlet) => Session;
  /** Nanoseconds since the exchange began. */
  exchangeNow(): number;
  onEnd(): void;
}

/** One client's connection: its session, its numbers, its limits, its page in the ledger. */
export interface Connection {
  readonly number: number;
  /** Frames so far. */
  sent(): number;
  readonly session: Session;
  readonly link: Link;
  receive(text: string, binary: boolean): void;
  publish(publication: Publication): void;
  /** Hands to the socket what was sent. */
  flush(): void;
  /** The socket is gone. */
  closed(code: number, reason: string): void;
  /** Ends it from the exchange's side. */
  end(why: string, how: number | 'no-handshake' | 'reset', reason?: string): void;
  /** A connection fault, now. */
  strike(fault: ConnectionFault): void;
}

const AUTH_FAILURE = 'authentication failure';
const RATE_LIMIT = 'rate limit exceeded';
const NO_REQUEST = 'subscribe or unsubscribe required';
const NOT_GRANTED = 'failure to subscribe';
const LIES: Readonly<Partial<Record<RequestFault['kind'], Lie>>> = {
  'ignored-request': 'ignored',
  'pretended-request': 'pretended',
};
/** How long before a close frame the last data left, when the two are not to share a read. */
const ALONE_MS = 50;

export function createConnection(ports: ConnectionPorts): Connection {
  const { link, clock, page, limits } = ports;
  let ended = false;
  let hasSubscribed = false;
  let lastSentAt = clock.now();
  /** Something was sent since: the clock is asked once for many frames. */
  let hasSent = false;
  const timers = new Set<unknown>();

  const end: Connection['end'] = (why, how, reason = '') => {
    if (ended) return;
    ended = true;
    stopTimers();
    outbox.stop(why);
    page.recordEnd({ by: 'exchange', why, code: typeof how === 'number' ? how : 1006, at: clock.now() });
    if (how === 'no-handshake') link.terminate();
    else if (how === 'reset') link.reset();
    else link.close(how, reason);
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

  const strike = (fault: ConnectionFault): void => {
    if (ended) return;
    switch (fault.kind) {
      case 'close': {
        const code = fault.code ?? 1001;
        if (fault.withData === true) {
          end('fault: close', code, fault.reason);
          return;
        }
        outbox.stop('close');
        after(ALONE_MS, () => end('fault: close', code, fault.reason));
        return;
      }
      case 'terminate':
        end('fault: terminate', 'no-handshake');
        return;
      case 'reset':
        end('fault: reset', 'reset');
        return;
      case 'half-open':
        stopTimers();
        outbox.stop('half-open');
        link.flush();
        link.stall();
    }
  };

  const outbox = createOutbox({
    link,
    clock,
    page,
    numbering: ports.numbering,
    rules: ports.rules,
    random: ports.random,
    strike,
  });
  const session = ports.openSession({
    send(publication) {
      hasSent = true;
      outbox.send(publication);
    },
    sendError: outbox.sendError,
    sendRecorded(frame) {
      hasSent = true;
      outbox.sendRecorded(frame);
    },
  });

  const judge = (request: Request, token: TokenVerdict | undefined): string | undefined => {
    if (token?.ok === false) return AUTH_FAILURE;
    if (!isServed(request.channel, ports.endpoint)) return AUTH_FAILURE;
    const needsToken = ports.requireAuth || session.needsToken || isPrivate(request.channel);
    return needsToken && token === undefined ? AUTH_FAILURE : undefined;
  };

  const faultOf = ({ channel, products = [] }: Request): RequestFault | undefined =>
    isServed(channel, ports.endpoint) ? outbox.struckRequest(wireName(channel), products) : undefined;

  const subscribeDeadline = (): void => {
    if (!hasSubscribed) end('no subscription within the deadline', 1000);
  };
  after(limits.subscribeDeadlineMs, subscribeDeadline);

  const noteSent = (): void => {
    if (!hasSent) return;
    hasSent = false;
    lastSentAt = clock.now();
  };
  const watchIdleness = (): void => {
    noteSent();
    const silentMs = clock.now() - lastSentAt;
    if (silentMs >= limits.idleMs) end('no updates', 'no-handshake');
    else after(limits.idleMs - silentMs, watchIdleness);
  };
  after(limits.idleMs, watchIdleness);

  return {
    number: page.connection,
    sent: () => page.sent,
    session,
    link,
    receive(text, binary) {
      if (ended) return;
      const at = clock.now();
      const request = parseRequest(text);
      const token = request?.jwt === undefined ? undefined : ports.checkToken(request.jwt);
      const tooFast = token?.ok !== true && !ports.unauthenticated.take(at);
      const judged = tooFast ? RATE_LIMIT : request === undefined ? NO_REQUEST : judge(request, token);
      const fault = judged === undefined && request !== undefined ? faultOf(request) : undefined;
      const refusal = fault?.kind === 'refused-request' ? (fault.message ?? NOT_GRANTED) : judged;
      hasSubscribed ||= refusal === undefined && request?.type === 'subscribe';
      page.recordReceived({
        at,
        text: redact(text),
        binary,
        refusal,
        token: token === undefined ? undefined : token.ok ? 'ok' : token.reason,
        nonce: token?.ok === true ? token.nonce : undefined,
        ...(fault && { fault: fault.kind }),
      });
      const asked = request ?? { type: 'subscribe', channel: undefined, products: undefined, jwt: undefined };
      session.request(asked, refusal, ports.exchangeNow(), fault && LIES[fault.kind]);
    },
    publish(publication) {
      if (ended) return;
      session.publish(publication);
      if (link.bufferedBytes() > limits.mostBufferedBytes) end('the client reads too slowly', 'no-handshake');
    },
    closed(code, reason) {
      page.recordEnd({ by: 'client', why: reason, code, at: clock.now() });
      ended = true;
      stopTimers();
      outbox.stop('the client left');
      ports.onEnd();
    },
    flush() {
      noteSent();
      link.flush();
    },
    end,
    strike,
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
