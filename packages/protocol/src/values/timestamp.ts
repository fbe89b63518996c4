import { ProtocolError } from './protocol-error.ts';

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
const GO_TIME =
  /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,9})?) ([+-]\d\d)(\d\d) [A-Z]{1,5}(?: m=([+-]\d{1,12}(?:\.\d{1,9})?))?$/;

const NS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400;

/**
 * Parses a time of the wire to nanoseconds since 1970-01-01T00:00:00Z. The exchange sends RFC 3339 in UTC with 0 to 9
 * fraction digits and no trailing zeros; `Date` would lose the last six.
 * @throws {ProtocolError} `PROTOCOL_BAD_TIMESTAMP`
 */
export function parseTimestamp(text: string): bigint {
  const match = RFC3339.exec(text);
  if (match === null) throw new ProtocolError('PROTOCOL_BAD_TIMESTAMP', { text });
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  const date = { year: Number(year), month: Number(month), day: Number(day) };
  if (!isDate(date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    throw new ProtocolError('PROTOCOL_BAD_TIMESTAMP', { text });
  }
  const seconds =
    daysSinceEpoch(date) * SECONDS_PER_DAY +
    Number(hour) * 3600 +
    Number(minute) * 60 +
    Number(second) -
    offsetSeconds(zone);
  return BigInt(seconds) * NS_PER_SECOND + BigInt(fraction.padEnd(9, '0'));
}

/** Formats nanoseconds since 1970 as the exchange does: UTC, `Z`, no trailing zeros. Years 1 to 9999. */
export function formatTimestamp(ns: bigint): string {
  const fraction = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const seconds = Number((ns - fraction) / NS_PER_SECOND);
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  const digits = fraction
    .toString()
    .padStart(9, '0')
    .replace(/0{1,9}$/, '');
  return digits === '' ? `${whole}Z` : `${whole}.${digits}Z`;
}

/**
 * Whether a timestamp is a time. The exchange writes `1970-01-01T00:00:00Z` and `0001-01-01T00:00:00Z` for none (old
 * level2 snapshots, start and end time of an order).
 */
export function hasTime(timestamp: string): boolean {
  return timestamp !== '' && !/^(?:1970|0001)-01-01T00:00:00(?:\.0{1,9})?Z$/.test(timestamp);
}

/** A parsed `current_time` of a heartbeat. */
export interface GoTime {
  /** Nanoseconds since 1970. */
  readonly ns: bigint;
  /** Nanoseconds on the monotonic clock of that server process; absent if the text has no `m=`. */
  readonly monotonicNs?: bigint;
}

/**
 * Parses the output of Go's `time.String`, which heartbeats carry:
 * `2026-09-30 02:37:15.057778606 +0000 UTC m=+21697.195984854`.
 * @throws {ProtocolError} `PROTOCOL_BAD_TIMESTAMP`
 */
export function parseGoTime(text: string): GoTime {
  const match = GO_TIME.exec(text);
  if (match === null) throw new ProtocolError('PROTOCOL_BAD_TIMESTAMP', { text });
  const [, date, time, zoneHour, zoneMinute, monotonic] = match;
  const ns = parseTimestamp(`${date}T${time}${zoneHour}:${zoneMinute}`);
  return monotonic === undefined ? { ns } : { ns, monotonicNs: secondsToNs(monotonic) };
}

interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

function isDate({ year, month, day }: CivilDate): boolean {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar (`Date.UTC` would read years 0 to 99 as 1900 to 1999). */
function daysSinceEpoch({ year, month, day }: CivilDate): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const marchMonth = (month + 9) % 12;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  return marchYear * 365 + leapDays + Math.floor((153 * marchMonth + 2) / 5) + day - 1 - 719_468;
}

function offsetSeconds(zone: string): number {
  if (zone === 'Z') return 0;
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4, 6)) * 60;
  return zone.startsWith('-') ? -seconds : seconds;
}

function secondsToNs(text: string): bigint {
  const [whole = '', fraction = ''] = text.slice(1).split('.');
  const ns = BigInt(whole) * NS_PER_SECOND + BigInt(fraction.padEnd(9, '0'));
  return text.startsWith('-') ? -ns : ns;
}
