const NANOSECONDS = 1_000_000_000n;

/**
 * RFC 3339 in UTC with all nine digits of the fraction, so that equal instants are equal strings and order
 * as strings is order in time. `seconds` since 1970 (whole), `nanoseconds` 0 to 999,999,999.
 */
export function formatTimestamp(seconds: number, nanoseconds: number): string {
  const second = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${second}.${String(nanoseconds).padStart(9, '0')}Z`;
}

/** What {@link formatTimestamp} writes. */
const TIMESTAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$/;

/** Nanoseconds since 1970, or `undefined` when the text is not what {@link formatTimestamp} writes. */
export function parseTimestamp(text: string): bigint | undefined {
  const [, second, fraction] = TIMESTAMP.exec(text) ?? [];
  const ms = Date.parse(`${second}Z`);
  if (fraction === undefined || Number.isNaN(ms)) return undefined;
  return BigInt(ms / 1000) * NANOSECONDS + BigInt(fraction);
}
