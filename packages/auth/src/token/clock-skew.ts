import { AuthError } from '../model/auth-error.ts';
import { aFunction, aSignal, aTimeout, aUrl, checkOptions } from '../model/auth-options.ts';

/** How far the local clock is ahead of a server's (negative: behind), and the uncertainty of that. */
export interface Skew {
  readonly skewMs: number;
  /** Half the round trip plus half of the second to which a Date header is rounded. */
  readonly uncertaintyMs: number;
}

/** The subset of `fetch` that a measurement needs. */
export type FetchDate = (
  url: string,
  init: { readonly method: 'HEAD'; readonly redirect: 'manual'; readonly signal: AbortSignal | null },
) => Promise<{ readonly headers: { get(name: string): string | null } }>;

export interface MeasureSkewOptions {
  /** Any URL of the exchange; the status of the response is ignored. @default its public server time */
  readonly url?: string;
  /** Sends the request. @default the global `fetch` */
  readonly fetch?: FetchDate;
  /** The wall clock in milliseconds since 1970. @default Date.now */
  readonly clock?: () => number;
  /** Aborts the measurement; its promise rejects with the signal's reason. @default none */
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for the response, a whole number from 1 to 2^32-1. @default 5_000 */
  readonly timeoutMs?: number;
}

/**
 * Computes the skew from the `Date` header of any response (also of a WebSocket upgrade) and the local times at which the
 * request was sent and the response received, in milliseconds since 1970.
 * @throws {AuthError} AUTH_SERVER_TIME_UNKNOWN if the header is absent or not a date
 */
export function skewOf(
  date: string | null | undefined,
  { sentAt, receivedAt }: { readonly sentAt: number; readonly receivedAt: number },
): Skew {
  if (date === null || date === undefined) {
    throw new AuthError('AUTH_SERVER_TIME_UNKNOWN', { found: 'a response without a Date header' });
  }
  const second = Date.parse(date);
  if (Number.isNaN(second)) {
    throw new AuthError('AUTH_SERVER_TIME_UNKNOWN', { found: 'a Date header that is no date' });
  }
  // The header has the second of the response: compare its middle with the middle of the round trip.
  return {
    skewMs: (sentAt + receivedAt) / 2 - (second + 500),
    uncertaintyMs: Math.abs(receivedAt - sentAt) / 2 + 500,
  };
}

/**
 * Measures the skew with one HEAD request; the `Date` of a redirect is used, the redirect is not followed. Pass the
 * result's `skewMs` to `createTokenSource` in a function: the time of a server is a hint.
 * @throws {AuthError} AUTH_SERVER_TIME_UNKNOWN without a response or a valid Date header in time; the signal's reason
 * after an abort; AUTH_OPTION_INVALID
 */
export async function measureSkew(options: MeasureSkewOptions = {}): Promise<Skew> {
  checkOptions(options, {
    url: aUrl,
    fetch: aFunction,
    clock: aFunction,
    signal: aSignal,
    timeoutMs: aTimeout,
  });
  const {
    url = 'https://api.coinbase.com/api/v3/brokerage/time',
    fetch: fetchDate = fetch,
    clock = Date.now,
    signal,
    timeoutMs = 5_000,
  } = options;
  const late = AbortSignal.timeout(timeoutMs);
  const sentAt = clock();
  const either = signal === undefined ? late : AbortSignal.any([signal, late]);
  const response = await fetchDate(url, { method: 'HEAD', redirect: 'manual', signal: either }).catch(() => {
    signal?.throwIfAborted();
    return undefined;
  });
  const receivedAt = clock();
  if (response === undefined) {
    throw new AuthError('AUTH_SERVER_TIME_UNKNOWN', { found: 'no answer from the server' });
  }
  return skewOf(response.headers.get('date'), { sentAt, receivedAt });
}
