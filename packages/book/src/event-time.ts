import { type Level2Event, hasTime, parseTimestamp } from '@feedtape/protocol';

/** `2026-09-30T02:39:53` has the same length in every RFC 3339 time, so UTC times compare as text up to here. */
const SECONDS = 19;

/** The newest event time of a snapshot, as text; `undefined` if no level has one. */
export function newestTime({ updates }: Level2Event): string | undefined {
  let newest: { readonly text: string; readonly ns: bigint } | undefined;
  for (const { event_time: text } of updates) {
    if (text === newest?.text) continue;
    const ns = nanosecondsOf(text);
    if (ns !== undefined && (newest === undefined || ns > newest.ns)) newest = { text, ns };
  }
  return newest?.text;
}

/** Whether an event time precedes another one; false for unreadable times and placeholders. */
export function isEarlier(text: string, than: string): boolean {
  // Most updates are of a later second than their snapshot, which text alone shows.
  if (text.slice(0, SECONDS) > than.slice(0, SECONDS) && text.endsWith('Z') && than.endsWith('Z'))
    return false;
  const [left, right] = [nanosecondsOf(text), nanosecondsOf(than)];
  return left !== undefined && right !== undefined && left < right;
}

function nanosecondsOf(text: string): bigint | undefined {
  try {
    return hasTime(text) ? parseTimestamp(text) : undefined;
  } catch {
    // Unreadable: no evidence that it is old.
    return undefined;
  }
}
