import { oneLineJson } from '../json/stringify-one-line.ts';
import { REDACTED } from './redacted.ts';
import { withoutTokens } from './token-shapes.ts';

/** The event of a connection whose frame of this index quotes a secret that was sent. */
export const SECRET_QUOTED = 'secret-quoted';

/** Fields of a request that hold a secret, now (`jwt`) or in the feed's older form of authentication. */
const SECRETS: ReadonlySet<string> = new Set(['jwt', 'signature', 'api_key', 'passphrase']);

/** A replacer for JSON.stringify: every secret field, at any depth, becomes {@link REDACTED}. */
const redactSecrets = (key: string, value: unknown): unknown => (SECRETS.has(key) ? REDACTED : value);

/** A URL without user, password, query and fragment; another text without what looks like these. */
export const publicUrl = (text: string): string =>
  text.replace(/^([a-z][a-z0-9+.-]{0,20}:\/\/)[^/?#]*@/i, '$1').replace(/[?#].*$/s, '');

/**
 * What is told of a connection, as plain data: without secret fields, without what is shaped like a token in any
 * value or key, and with URLs as {@link publicUrl} leaves them.
 */
export function redactDetails(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return redactPlain(JSON.parse(JSON.stringify(details, redactSecrets))) as Record<string, unknown>;
}

function redactPlain(value: unknown): unknown {
  if (typeof value === 'string') return withoutTokens(value);
  if (Array.isArray(value)) return value.map(redactPlain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      withoutTokens(key),
      key === 'url' && typeof item === 'string' ? publicUrl(item) : redactPlain(item),
    ]),
  );
}

/**
 * The request as JSON text without its secrets. It works on the request that we built, by field name;
 * nothing is ever searched in a frame that was received. A text that is not JSON is redacted as a whole.
 */
export function redactRequest(request: object | string): string {
  if (typeof request !== 'string') return oneLineJson(request, redactSecrets);
  try {
    return oneLineJson(JSON.parse(request), redactSecrets);
  } catch {
    return JSON.stringify(REDACTED);
  }
}
