import { AuthError } from './auth-error.ts';

/** How far the local clock is ahead of a server's (negative: behind), and how wrong that may be. */
export interface Skew {
  readonly skewMs: number;
  /** Half the round trip and half of the second that a Date header is rounded to. */
  readonly uncertaintyMs: number;
}

/** The part of `fetch` that a measurement needs. */
export type FetchDate = (
  url: string,
  init: { readonly method: 'HEAD'; readonly redirect: 'manual'; readonly signal: AbortSignal | null },
) => Promise<{ readonly headers: { get(name: string): string | null } }>;

export interface MeasureSkewOptions {
  /** Any URL of the exchange; its answer's status does not matter. Default: its public server time. */
  readonly url?: string;
  readonly fetch?: FetchDate;
  /** The wall clock in milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
  readonly signal?: AbortSignal;
  /** Without an answer for so long there is none. @default 5_000 */
  readonly timeoutMs?: number;
}

/**
 * The skew by the `Date` header of any response (that of a WebSocket upgrade too), given when the request left
 * and when the response arrived by the local clock, in milliseconds since 1970.
 * @throws {AuthError} AUTH_SERVER_TIME_UNKNOWN where the header is absent or no date
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
  // The header names the second in which the server answered: take its middle, as of the middle of the trip.
  return {
    skewMs: (sentAt + receivedAt) / 2 - (second + 500),
    uncertaintyMs: Math.abs(receivedAt - sentAt) / 2 + 500,
  };
}

/**
 * Asks a server for its time with one HEAD request; a redirect is not followed, its own `Date` is the answer. Give the
 * result's `skewMs` to `createTokenSource`, in a function: what a server says is a hint.
 * @throws {AuthError} AUTH_SERVER_TIME_UNKNOWN where no answer or no usable Date header comes in time; the
 * signal's reason where it was aborted
 */
export async function measureSkew(options: MeasureSkewOptions = {}): Promise<Skew> {
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
