import { oneLineJson } from './one-line-json.ts';

export const REDACTED = '[redacted]';

/** Fields of a request that hold a secret, now (`jwt`) or in the feed's older form of authentication. */
const SECRETS: ReadonlySet<string> = new Set(['jwt', 'signature', 'api_key', 'passphrase']);

/** A replacer for JSON.stringify: every secret field, at any depth, becomes {@link REDACTED}. */
export const redactSecrets = (key: string, value: unknown): unknown => (SECRETS.has(key) ? REDACTED : value);

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
