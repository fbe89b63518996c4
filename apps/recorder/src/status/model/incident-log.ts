import { oneLine } from '../../output/printable.ts';
import type { IncidentReport } from '../../events/incident.ts';
import { INCIDENT_LIMIT, type Incident } from './status-snapshot.ts';

/** Incidents of one kind, connection and cause this close together are one: a storm must not push out the rest. */
const MERGE_MS = 1000;

/** Longest text from outside; the exchange's words are cut here. */
const TEXT_LIMIT = 200;

/** Products named in a text; the rest is counted. */
const NAMED_LIMIT = 3;

/** The latest incidents, at most {@link INCIDENT_LIMIT}. */
export interface IncidentLog {
  report(report: IncidentReport): void;
  /** Oldest first; `toWall` turns a monotonic time into Unix milliseconds. */
  snapshot(toWall: (at: number) => number): readonly Incident[];
}

interface Entry {
  readonly id: number;
  readonly report: Omit<IncidentReport, 'products'>;
  readonly times: number;
  readonly named: readonly string[];
  readonly products: number;
}

export function createIncidentLog(): IncidentLog {
  const entries: Entry[] = [];
  let nextId = 0;

  return {
    report({ products = [], ...report }) {
      const index = entries.findLastIndex((entry) => belongs(entry.report, report));
      const before = entries[index];
      if (before !== undefined) {
        entries[index] = merged(before, report, products);
        return;
      }
      entries.push({
        id: nextId,
        report,
        times: 1,
        named: products.slice(0, NAMED_LIMIT),
        products: products.length,
      });
      nextId += 1;
      if (entries.length > INCIDENT_LIMIT) entries.shift();
    },
    snapshot: (toWall) => entries.map((entry) => incidentOf(entry, toWall)),
  };
}

const belongs = (earlier: IncidentReport, { kind, connection, cause, at }: IncidentReport): boolean =>
  cause !== undefined &&
  earlier.kind === kind &&
  earlier.connection === connection &&
  earlier.cause === cause &&
  at - earlier.at < MERGE_MS;

function merged(before: Entry, report: IncidentReport, products: readonly string[]): Entry {
  const { text, count, afterMs } = before.report;
  return {
    ...before,
    report: {
      ...before.report,
      text: report.cause ?? text,
      ...(count === undefined ? {} : { count: sum(count, report.count) }),
      ...(afterMs === undefined ? {} : { afterMs: Math.max(afterMs, report.afterMs ?? 0) }),
    },
    times: before.times + 1,
    named: [...before.named, ...products].slice(0, NAMED_LIMIT),
    products: before.products + products.length,
  };
}

/** Unknown plus anything is unknown. */
const sum = (left: number | null, right: number | null | undefined): number | null =>
  left === null || typeof right !== 'number' ? null : left + right;

function incidentOf({ id, report, times, named, products }: Entry, toWall: (at: number) => number): Incident {
  const { at, kind, connection, text, count, afterMs } = report;
  const more = products > named.length ? ` and ${products - named.length} more` : '';
  return {
    id,
    at: Math.round(toWall(at)),
    kind,
    ...(connection === undefined ? {} : { connection }),
    text: oneLine(named.length === 0 ? text : `${named.join(', ')}${more}: ${text}`, TEXT_LIMIT),
    times,
    ...(count === undefined ? {} : { count }),
    ...(afterMs === undefined ? {} : { afterMs: Math.round(afterMs) }),
  };
}
