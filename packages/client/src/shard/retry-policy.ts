import type { Backoff } from '../model/timeouts.ts';
import type { TransportFailure } from '../transport/transport.ts';

/**
 * What to do about a connection that ended or never began:
 * - `retry` after a random time that grows with the failures;
 * - `retry-slowly`: never sooner than the first retry's ceiling;
 * - `authenticate`: a limited number of attempts, far apart, then stop;
 * - `stop`: trying again cannot help while the configuration is what it is.
 */
export type RetryAction = 'retry' | 'retry-slowly' | 'authenticate' | 'stop';

/** How a connection ended, as the transport told it. */
export interface ConnectionEnd {
  /** The WebSocket close code; 1006 when there was none. */
  readonly code: number;
  readonly reason: string;
  readonly failure?: TransportFailure | undefined;
}

/** One row of the table: what it matches, what is done, and why. */
export interface RetryRule {
  readonly match: string;
  readonly action: RetryAction;
  readonly reason: string;
}

const rule = (match: string, action: RetryAction, reason: string): readonly [string, RetryRule] => [
  match,
  { match, action, reason },
];

/**
 * Every end of a connection and its one action. Looked up by the HTTP status of a refused handshake, then by the error
 * code, then by the close code; a family (`HTTP_5xx`, `4xxx`) stands for those without a row of their own.
 */
export const retryRules: ReadonlyMap<string, RetryRule> = new Map([
  rule('1000', 'retry', 'a normal close is still the end of a feed that should go on'),
  rule('1001', 'retry', 'the server is going away; another one answers'),
  rule('1002', 'retry-slowly', 'the server says we broke the protocol'),
  rule('1003', 'retry-slowly', 'the server does not accept what we sent'),
  rule('1005', 'retry', 'closed without a code'),
  rule('1006', 'retry', 'the connection was cut'),
  rule('1007', 'retry-slowly', 'text that is not UTF-8'),
  rule('1008', 'retry-slowly', 'against the policy of the server'),
  rule('1009', 'retry-slowly', 'a message over the size limit'),
  rule('1010', 'retry-slowly', 'the server wanted an extension'),
  rule('1011', 'retry', 'the server failed'),
  rule('1012', 'retry-slowly', 'the server restarts: come back spread over half a minute'),
  rule('1013', 'retry-slowly', 'the server is overloaded'),
  rule('1014', 'retry', 'a gateway failed'),
  rule('1015', 'retry-slowly', 'TLS failed after the connection was made'),
  rule('3xxx', 'retry', 'a code of a library between us and the server'),
  rule('4xxx', 'retry', 'a code of the application'),
  rule('HTTP_3xx', 'stop', 'redirects are not followed: the URL is not the one of the feed'),
  rule('HTTP_400', 'stop', 'the endpoint does not take this request'),
  rule('HTTP_401', 'authenticate', 'the endpoint asks for credentials'),
  rule('HTTP_403', 'authenticate', 'the endpoint refuses these credentials or this address'),
  rule('HTTP_404', 'stop', 'there is no feed at this URL'),
  rule('HTTP_429', 'retry-slowly', 'too many connections: Retry-After is obeyed'),
  rule('HTTP_4xx', 'retry-slowly', 'refused for another reason'),
  rule('HTTP_5xx', 'retry', 'the server failed; Retry-After is obeyed'),
  rule('HTTP_2xx', 'retry-slowly', 'answered, but not with a WebSocket'),
  rule('ENOTFOUND', 'retry', 'no address for the name: the network may be down'),
  rule('ECONNREFUSED', 'retry', 'nobody listens'),
  rule('ETIMEDOUT', 'retry', 'no answer'),
  rule('CERT', 'stop', 'the certificate is expired, for another host or from nobody we trust'),
  rule('ERR_TLS', 'stop', 'the certificate is not for this host, or TLS cannot be agreed on'),
  rule('WS_ERR', 'retry-slowly', 'the server broke the WebSocket protocol'),
  rule('other', 'retry', 'any other failure of the network'),
]);

/** The error code of a connection that we gave up ourselves for a new one. */
export const ABANDONED = 'ABANDONED';
/** Error code of a connection that was stopped before it was open. */
export const STOPPED = 'STOPPED';

const OTHER_RULE: RetryRule = { match: 'other', action: 'retry', reason: 'any other failure of the network' };

/** The certificate failures of Node and OpenSSL that do not say so in their name. */
const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
]);

function keysOf({ code, failure }: ConnectionEnd): readonly string[] {
  if (failure?.status !== undefined) {
    return [`HTTP_${failure.status}`, `HTTP_${Math.trunc(failure.status / 100)}xx`];
  }
  if (failure !== undefined) {
    if (failure.code.startsWith('CERT_') || UNTRUSTED.has(failure.code)) return ['CERT'];
    if (failure.code.startsWith('ERR_TLS') || failure.code.startsWith('ERR_SSL')) return ['ERR_TLS'];
    if (failure.code.startsWith('WS_ERR')) return ['WS_ERR'];
    return [failure.code, 'other'];
  }
  return [String(code), `${Math.trunc(code / 1000)}xxx`];
}

/** Returns the rule of {@link retryRules} for the end of a connection. */
export function retryRuleFor(end: ConnectionEnd): RetryRule {
  for (const key of keysOf(end)) {
    const found = retryRules.get(key);
    if (found !== undefined) return found;
  }
  return OTHER_RULE;
}

/**
 * How long to wait before the next attempt. Full jitter: any time below a ceiling that doubles with each
 * failure, because a thousand clients cut at once must not come back at once.
 *
 * @param attempt how many attempts have failed since the connection was last healthy, from 0
 * @param random a random number in [0, 1)
 */
export function retryDelayMs(end: ConnectionEnd, attempt: number, random: number, backoff: Backoff): number {
  const { firstRetryMs, baseRetryMs, maxRetryMs, maxRetryAfterMs } = backoff;
  const grown = Math.min(maxRetryMs, baseRetryMs * 2 ** Math.min(attempt, 30));
  const asked = end.failure?.retryAfterMs;
  // Only this client replaces its connection: the first retry need not be spread.
  const first = end.failure?.code === ABANDONED ? baseRetryMs : firstRetryMs;
  const delay =
    retryRuleFor(end).action === 'retry'
      ? random * Math.max(Math.min(first, maxRetryMs), grown)
      : Math.min(firstRetryMs, maxRetryMs) + random * Math.max(0, maxRetryMs - firstRetryMs);
  if (asked === undefined) return delay;
  // Adds jitter: every rejected client was given the same number.
  return Math.max(delay, Math.min(asked, maxRetryAfterMs) + random * baseRetryMs);
}
