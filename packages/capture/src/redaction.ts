export const REDACTED = '[redacted]';

/** Fields of a request that hold a secret, now (`jwt`) or in the feed's older form of authentication. */
const SECRETS: ReadonlySet<string> = new Set(['jwt', 'signature', 'api_key', 'passphrase']);

/**
 * The request as JSON text with every secret field replaced, at any depth. It works on the request that we
 * built, by field name; nothing is ever searched in a frame that was received.
 */
export function redactRequest(request: object): string {
  return JSON.stringify(request, (key, value: unknown) => (SECRETS.has(key) ? REDACTED : value));
}
