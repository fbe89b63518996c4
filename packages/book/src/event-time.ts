import { type Level2Event, hasTime, parseTimestamp } from '@feedtape/protocol';

/** `2026-09-30T02:39:53` has the same length in every RFC 3339 time, so UTC times compare as text up to here. */
const SECONDS = 19;
const Z = 90;

/** The newest event time of a snapshot. */
export interface SnapshotTime {
  /** Nanoseconds since 1970. */
  readonly ns: bigint;
  /** Every UTC time of a later second is greater, as text. */
  readonly endOfSecond: string;
}

/** The newest event time of a snapshot; `undefined` if no level has one. */
export function newestTime({ updates }: Level2Event): SnapshotTime | undefined {
  let newest: { readonly text: string; readonly ns: bigint } | undefined;
  for (const { event_time: text } of updates) {
    if (text === newest?.text) continue;
    const ns = nanosecondsOf(text);
    if (ns !== undefined && (newest === undefined || ns > newest.ns)) newest = { text, ns };
  }
  return newest && { ns: newest.ns, endOfSecond: `${newest.text.slice(0, SECONDS)}~` };
}

/** Whether an event time precedes that of a snapshot; false for unreadable times and placeholders. */
export function isEarlier(text: string, { ns, endOfSecond }: SnapshotTime): boolean {
  // Most updates are of a later second than their snapshot, which text alone shows.
  if (text > endOfSecond && text.charCodeAt(text.length - 1) === Z) return false;
  const time = nanosecondsOf(text);
  return time !== undefined && time < ns;
}

function nanosecondsOf(text: string): bigint | undefined {
  try {
    return hasTime(text) ? parseTimestamp(text) : undefined;
  } catch {
    // Unreadable: no evidence that it is old.
    return undefined;
  }
}
