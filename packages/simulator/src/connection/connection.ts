import type { Clock } from '../model/clock.ts';
import type { ConnectionFault, RequestFault } from '../faults/fault.ts';
import type { FaultRules } from '../faults/fault-control.ts';
import type { LedgerPage } from '../ledger/ledger.ts';
import type { Publication } from '../market/publication.ts';
import { isPrivate, isServed, type Endpoint, wireName } from '../market/channels.ts';
import type { Link } from './link.ts';
import type { Numbering } from './numbering.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Random } from '../model/random.ts';
import { createFramePipeline, type FrameOutlet } from './frame-pipeline.ts';
import { parseRequest, type Request } from './request.ts';
import type { Lie, Subscriptions } from './subscriptions.ts';
import type { TokenVerdict } from './token-check.ts';

/** Limits that the exchange enforces; `Infinity` disables one. */
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
  readonly openSubscriptions: (outlet: FrameOutlet) => Subscriptions;
  /** Nanoseconds since the exchange began. */
  exchangeNow(): number;
  onEnd(): void;
}

/** One connection of a client: subscriptions, sequence numbers, limits and its page of the ledger. */
export interface Connection {
  readonly number: number;
  /** Frames sent so far. */
  sent(): number;
  readonly subscriptions: Subscriptions;
  readonly link: Link;
  receive(text: string, binary: boolean): void;
  publish(publication: Publication): void;
  /** Writes queued frames to the socket. */
  flush(): void;
  /** The socket has closed. */
  closed(code: number, reason: string): void;
  /** Ends the connection from the exchange's side. */
  end(why: string, how: number | 'no-handshake' | 'reset', reason?: string): void;
  /** Applies a connection fault now. */
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
/** Delay between the last data and a close frame that must arrive in another read. */
const ALONE_MS = 50;

export function createConnection(ports: ConnectionPorts): Connection {
  const { link, clock, page, limits } = ports;
  let ended = false;
  let hasSubscribed = false;
  let lastSentAt = clock.now();
  /** Whether frames were sent since; the clock is read once for many frames. */
  let hasSent = false;
  const timers = new Set<unknown>();

  const end: Connection['end'] = (why, how, reason = '') => {
    if (ended) return;
    ended = true;
    stopTimers();
    pipeline.stop(why);
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
        pipeline.stop('close');
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
        pipeline.stop('half-open');
        link.flush();
        link.stall();
    }
  };

  const pipeline = createFramePipeline({
    link,
    clock,
    page,
    numbering: ports.numbering,
    rules: ports.rules,
    random: ports.random,
    strike,
  });
  const subscriptions = ports.openSubscriptions({
    send(publication) {
      hasSent = true;
      pipeline.send(publication);
    },
    sendError: pipeline.sendError,
    sendRecorded(frame) {
      hasSent = true;
      pipeline.sendRecorded(frame);
    },
  });

  const judge = (request: Request, token: TokenVerdict | undefined): string | undefined => {
    if (token?.ok === false) return AUTH_FAILURE;
    if (!isServed(request.channel, ports.endpoint)) return AUTH_FAILURE;
    const needsToken = ports.requireAuth || subscriptions.needsToken || isPrivate(request.channel);
    return needsToken && token === undefined ? AUTH_FAILURE : undefined;
  };

  const faultOf = ({ channel, products = [] }: Request): RequestFault | undefined =>
    isServed(channel, ports.endpoint) ? pipeline.struckRequest(wireName(channel), products) : undefined;

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
    subscriptions,
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
      subscriptions.request(asked, refusal, ports.exchangeNow(), fault && LIES[fault.kind]);
    },
    publish(publication) {
      if (ended) return;
      subscriptions.publish(publication);
      if (link.bufferedBytes() > limits.mostBufferedBytes) end('the client reads too slowly', 'no-handshake');
    },
    closed(code, reason) {
      page.recordEnd({ by: 'client', why: reason, code, at: clock.now() });
      ended = true;
      stopTimers();
      pipeline.stop('the client left');
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

/** Tokens do not outlive their check, neither in memory nor over the control API. */
function redact(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null)
      return JSON.stringify('jwt' in value ? { ...value, jwt: '[redacted]' } : value);
  } catch {
    // Not JSON, but it may hold a token: nothing of it is kept.
  }
  return `(${text.length} characters that are no JSON object)`;
}
