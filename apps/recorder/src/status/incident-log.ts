import { INCIDENT_LIMIT, type Incident, type IncidentKind } from './status-snapshot.ts';

/** Gaps of one connection and one reason this close together are one incident: a storm must not push out the rest. */
const MERGE_MS = 1000;

/** Longest text of an incident; the exchange's words are cut here. */
const TEXT_LIMIT = 200;

/** An incident as it is reported: `at` in monotonic milliseconds. */
export interface IncidentReport {
  readonly at: number;
  readonly kind: IncidentKind;
  readonly text: string;
  readonly connection?: number;
  readonly count?: number | null;
  readonly afterMs?: number;
}

/** The latest incidents, at most {@link INCIDENT_LIMIT}. */
export interface IncidentLog {
  report(incident: IncidentReport): void;
  /** Oldest first; `toWall` turns a monotonic time into Unix milliseconds. */
  snapshot(toWall: (at: number) => number): readonly Incident[];
}

interface Entry extends IncidentReport {
  readonly id: number;
  readonly times: number;
}

export function createIncidentLog(): IncidentLog {
  const entries: Entry[] = [];
  let nextId = 0;

  /** The entry that a gap is a repetition of. Others happen rarely enough to stand alone. */
  const repeated = ({ kind, connection, text, at }: IncidentReport): number =>
    kind === 'gap'
      ? entries.findLastIndex(
          (entry) =>
            entry.kind === 'gap' &&
            entry.connection === connection &&
            entry.text === text &&
            at - entry.at < MERGE_MS,
        )
      : -1;

  return {
    report(incident) {
      const report = { ...incident, text: printable(incident.text) };
      const index = repeated(report);
      const before = entries[index];
      if (before !== undefined) {
        entries[index] = { ...before, times: before.times + 1, count: sum(before.count, report.count) };
        return;
      }
      entries.push({ ...report, id: nextId, times: 1 });
      nextId += 1;
      if (entries.length > INCIDENT_LIMIT) entries.shift();
    },
    snapshot: (toWall) => entries.map((entry) => ({ ...entry, at: Math.round(toWall(entry.at)) })),
  };
}

/** Unknown plus anything is unknown. */
const sum = (left: number | null | undefined, right: number | null | undefined): number | null =>
  typeof left === 'number' && typeof right === 'number' ? left + right : null;

/** Text from outside, made harmless for a terminal and a log line: no control or direction characters, bounded. */
export function printable(text: string): string {
  const short = text.length > TEXT_LIMIT ? `${text.slice(0, TEXT_LIMIT)}…` : text;
  return short.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
