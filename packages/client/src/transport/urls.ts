import { isIP } from 'node:net';
import { ClientError } from '../model/client-error.ts';

/** The production endpoint for market data. It serves every channel, `user` included. */
export const MARKET_URL = 'wss://advanced-trade-ws.coinbase.com';
/** The production endpoint for the channels of an account. */
export const USER_URL = 'wss://advanced-trade-ws-user.coinbase.com';

/**
 * A URL that may be connected to: `wss:`, or `ws:` to this machine.
 *
 * @throws ClientError `CLIENT_OPTION_INVALID`, `CLIENT_INSECURE`
 */
export function checkedUrl(option: string, text: string, allowInsecure: boolean): string {
  const url = URL.parse(text);
  if (url === null || !['ws:', 'wss:'].includes(url.protocol) || url.hash !== '') {
    throw new ClientError('CLIENT_OPTION_INVALID', {
      option,
      expected: 'a ws: or wss: URL',
      given: 'another string',
    });
  }
  if (url.protocol === 'wss:' && process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    const why = 'NODE_TLS_REJECT_UNAUTHORIZED=0 turns the verification of certificates off';
    throw new ClientError('CLIENT_INSECURE', { url: url.origin, why });
  }
  if (url.protocol === 'ws:' && !allowInsecure && !isLoopback(url.hostname)) {
    const why = 'without TLS only this machine is allowed; allowInsecure lifts that';
    throw new ClientError('CLIENT_INSECURE', { url: url.origin, why });
  }
  return url.href;
}

function isLoopback(hostname: string): boolean {
  if (hostname === 'localhost' || hostname === '[::1]') return true;
  return isIP(hostname) === 4 && hostname.startsWith('127.');
}

/** Whether two URLs are the two of the exchange itself, which serve the same account. */
export function areProduction(market: string, user: string): boolean {
  return market === new URL(MARKET_URL).href && user === new URL(USER_URL).href;
}

/** A URL fit for items, logs and errors: without user, password and query. */
export function publicUrl(text: string): string {
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}

/** What a handshake is with, and what has worked before: a host and its port. */
export const hostOf = (text: string): string => URL.parse(text)?.host ?? '';

/** Attempts at one URL before the next one is tried. */
const ATTEMPTS_PER_URL = 2;

export const urlAt = (urls: readonly string[], attempt: number): string =>
  urls[Math.floor(attempt / ATTEMPTS_PER_URL) % urls.length] ?? '';

/** As the exchange's own clients name themselves, and count their attempts. */
export const handshakeHeaders = (attempt: number): Readonly<Record<string, string>> => ({
  'User-Agent': 'feedtape',
  ...(attempt > 0 && { 'x-cb-retry-counter': String(attempt) }),
});
