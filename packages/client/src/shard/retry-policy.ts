import type { Patience } from '../model/timeouts.ts';
import type { TransportFailure } from '../transport/transport.ts';

/**
 * What to do about a connection that ended or never began:
 * - `retry` after a random time that grows with the failures;
 * - `retry-slowly`: never sooner than the first retry's ceiling;
 * - `authenticate`: a limited number of attempts, far apart, then stop;
 * - `stop`: trying again cannot help while the configuration is what it is.
 */
export type Remedy = 'retry' | 'retry-slowly' | 'authenticate' | 'stop';

/** How a connection ended, as the transport told it. */
export interface Ending {
  /** The WebSocket close code; 1006 when there was none. */
  readonly code: number;
  readonly reason: string;
  readonly failure?: TransportFailure | undefined;
}

/** One row of the table: what it matches, what is done, and why. */
export interface EndingRow {
  readonly match: string;
  readonly remedy: Remedy;
  readonly why: string;
}

const row = (match: string, remedy: Remedy, why: string): readonly [string, EndingRow] => [
  match,
  { match, remedy, why },
];

/**
 * Every ending and its one remedy. Looked up by the HTTP status of a refused handshake, then by the error
 * code, then by the close code; a family (`HTTP_5xx`, `4xxx`) stands for those without a row of their own.
 */
export const endings: ReadonlyMap<string, EndingRow> = new Map([
  row('1000', 'retry', 'a normal close is still the end of a feed that should go on'),
  row('1001', 'retry', 'the server is going away; another one answers'),
  row('1002', 'retry-slowly', 'the server says we broke the protocol'),
  row('1003', 'retry-slowly', 'the server does not accept what we sent'),
  row('1005', 'retry', 'closed without a code'),
  row('1006', 'retry', 'the connection was cut'),
  row('1007', 'retry-slowly', 'text that is not UTF-8'),
  row('1008', 'retry-slowly', 'against the policy of the server'),
  row('1009', 'retry-slowly', 'a message over the size limit'),
  row('1010', 'retry-slowly', 'the server wanted an extension'),
  row('1011', 'retry', 'the server failed'),
  row('1012', 'retry-slowly', 'the server restarts: come back spread over half a minute'),
  row('1013', 'retry-slowly', 'the server is overloaded'),
  row('1014', 'retry', 'a gateway failed'),
  row('1015', 'retry-slowly', 'TLS failed after the connection was made'),
  row('3xxx', 'retry', 'a code of a library between us and the server'),
  row('4xxx', 'retry', 'a code of the application'),
  row('HTTP_3xx', 'stop', 'redirects are not followed: the URL is not the one of the feed'),
  row('HTTP_400', 'stop', 'the endpoint does not take this request'),
  row('HTTP_401', 'authenticate', 'the endpoint asks for credentials'),
  row('HTTP_403', 'authenticate', 'the endpoint refuses these credentials or this address'),
  row('HTTP_404', 'stop', 'there is no feed at this URL'),
  row('HTTP_429', 'retry-slowly', 'too many connections: Retry-After is obeyed'),
  row('HTTP_4xx', 'retry-slowly', 'refused for another reason'),
  row('HTTP_5xx', 'retry', 'the server failed; Retry-After is obeyed'),
  row('HTTP_2xx', 'retry-slowly', 'answered, but not with a WebSocket'),
  row('ENOTFOUND', 'retry', 'no address for the name: the network may be down'),
  row('ECONNREFUSED', 'retry', 'nobody listens'),
  row('ETIMEDOUT', 'retry', 'no answer'),
  row('CERT', 'stop', 'the certificate is expired, for another host or from nobody we trust'),
  row('ERR_TLS', 'stop', 'the certificate is not for this host, or TLS cannot be agreed on'),
  row('WS_ERR', 'retry-slowly', 'the server broke the WebSocket protocol'),
  row('other', 'retry', 'any other failure of the network'),
]);

/** The error code of a connection that we gave up ourselves for a new one. */
export const ABANDONED = 'ABANDONED';
/** The error code of a connection that was not wanted any more before it was open. */
export const STOPPED = 'STOPPED';

const OTHER: EndingRow = { match: 'other', remedy: 'retry', why: 'any other failure of the network' };

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

function keysOf({ code, failure }: Ending): readonly string[] {
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

/** The one row of {@link endings} that says what to do about an ending. */
export function rowOf(ending: Ending): EndingRow {
  for (const key of keysOf(ending)) {
    const found = endings.get(key);
    if (found !== undefined) return found;
  }
  return OTHER;
}

/**
 * How long to wait before the next attempt. Full jitter: any time below a ceiling that doubles with each
 * failure, because a thousand clients cut at once must not come back at once.
 *
 * @param attempt how many attempts have failed since the connection was last healthy, from 0
 * @param chance a random number in [0, 1)
 */
export function retryDelayMs(ending: Ending, attempt: number, chance: number, patience: Patience): number {
  const { firstRetryMs, baseRetryMs, maxRetryMs, maxRetryAfterMs } = patience;
  const grown = Math.min(maxRetryMs, baseRetryMs * 2 ** Math.min(attempt, 30));
  const asked = ending.failure?.retryAfterMs;
  // Nobody else gives up a connection because we do: no need to spread the first retry.
  const first = ending.failure?.code === ABANDONED ? baseRetryMs : firstRetryMs;
  const delay =
    rowOf(ending).remedy === 'retry'
      ? chance * Math.max(Math.min(first, maxRetryMs), grown)
      : Math.min(firstRetryMs, maxRetryMs) + chance * Math.max(0, maxRetryMs - firstRetryMs);
  if (asked === undefined) return delay;
  // A little jitter on top: everybody who was refused was told the same number.
  return Math.max(delay, Math.min(asked, maxRetryAfterMs) + chance * baseRetryMs);
}
