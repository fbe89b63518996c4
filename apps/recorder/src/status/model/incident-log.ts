import { oneLine } from '../../output/printable.ts';
import type { IncidentDetails, RecorderEvent } from '../../events/recorder-event.ts';
import { listText } from '../../output/format.ts';
import { INCIDENT_LIMIT, type Incident } from './status-snapshot.ts';

/** Incidents of one kind, connection and cause within this time are merged, so that a storm does not evict the rest. */
const MERGE_MS = 1000;

/** Texts are cut to this length, since they may quote the exchange. */
const TEXT_LIMIT = 200;

/** Products named in a text; the rest are counted. */
const NAMED_LIMIT = 3;

/** The latest incidents, at most {@link INCIDENT_LIMIT}. */
export interface IncidentLog {
  /** Takes an event that happened at `at`, in monotonic milliseconds; ignores it unless it is an incident. */
  report(event: RecorderEvent, at: number): void;
  /** Oldest first; `toWall` turns a monotonic time into Unix milliseconds. */
  snapshot(toWall: (at: number) => number): readonly Incident[];
}

interface Entry extends IncidentDetails {
  readonly id: number;
  readonly at: number;
  readonly connection: number | undefined;
  readonly text: string;
  readonly times: number;
  /** The first of the products. */
  readonly named: readonly string[];
  readonly products: number;
}

export function createIncidentLog(): IncidentLog {
  const entries: Entry[] = [];
  let nextId = 0;

  return {
    report({ incident, connection, text, products = [] }, at) {
      if (incident === undefined) return;
      const index = entries.findLastIndex(
        (entry) =>
          incident.cause !== undefined &&
          entry.kind === incident.kind &&
          entry.connection === connection &&
          entry.cause === incident.cause &&
          at - entry.at < MERGE_MS,
      );
      const before = entries[index];
      if (before !== undefined) {
        entries[index] = merged(before, incident, products);
        return;
      }
      const named = products.slice(0, NAMED_LIMIT);
      entries.push({
        ...incident,
        id: nextId,
        at,
        connection,
        text,
        times: 1,
        named,
        products: products.length,
      });
      nextId += 1;
      if (entries.length > INCIDENT_LIMIT) entries.shift();
    },
    snapshot: (toWall) => entries.map((entry) => incidentOf(entry, toWall)),
  };
}

function merged(
  before: Entry,
  { cause, count, afterMs }: IncidentDetails,
  products: readonly string[],
): Entry {
  return {
    ...before,
    text: cause ?? before.text,
    ...(before.count === undefined ? {} : { count: sum(before.count, count) }),
    ...(before.afterMs === undefined ? {} : { afterMs: Math.max(before.afterMs, afterMs ?? 0) }),
    times: before.times + 1,
    named: [...before.named, ...products].slice(0, NAMED_LIMIT),
    products: before.products + products.length,
  };
}

/** Unknown plus anything is unknown. */
const sum = (left: number | null, right: number | null | undefined): number | null =>
  left === null || typeof right !== 'number' ? null : left + right;

function incidentOf(entry: Entry, toWall: (at: number) => number): Incident {
  const { id, at, kind, connection, text, times, count, afterMs, named, products } = entry;
  return {
    id,
    at: Math.round(toWall(at)),
    kind,
    ...(connection === undefined ? {} : { connection }),
    text: oneLine(products === 0 ? text : `${listText(named, NAMED_LIMIT, products)}: ${text}`, TEXT_LIMIT),
    times,
    ...(count === undefined ? {} : { count }),
    ...(afterMs === undefined ? {} : { afterMs: Math.round(afterMs) }),
  };
}
