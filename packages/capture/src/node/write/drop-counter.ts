import type { GapReason, GapRecord, Stamp } from '../../format/records.ts';

/** Frames of one connection, one after the other, that the writer had no room for, by their indices. */
export interface DropRange {
  readonly connection: number;
  from: number;
  to: number;
  bytes: number;
}

/** Counts what is dropped until a gap record says so. */
export interface DropCounter {
  readonly pending: boolean;
  readonly total: number;
  readonly totalBytes: number;
  count(connection: number, index: number, bytes: number): void;
  /** Takes back what a gap record said that will not be written. */
  restate(dropped: DropRange): void;
  /** Returns the drops since the last call; the caller records them. */
  take(): readonly DropRange[];
}

export function createDropCounter(): DropCounter {
  /** By connection: ranges in order. Between two of them there are frames that wait, or that were written. */
  let byConnection = new Map<number, DropRange[]>();
  let total = 0;
  let totalBytes = 0;

  function add(more: DropRange): void {
    const ranges = byConnection.get(more.connection);
    if (ranges === undefined) byConnection.set(more.connection, [{ ...more }]);
    else insert(ranges, more);
  }

  return {
    get pending() {
      return byConnection.size > 0;
    },
    get total() {
      return total;
    },
    get totalBytes() {
      return totalBytes;
    },
    count(connection, index, bytes) {
      total += 1;
      totalBytes += bytes;
      add({ connection, from: index, to: index, bytes });
    },
    restate: add,
    take() {
      const dropped = [...byConnection.values()].flat();
      byConnection = new Map();
      return dropped;
    },
  };
}

/** Ranges that meet become one. */
function insert(ranges: DropRange[], more: DropRange): void {
  let at = ranges.length;
  while (at > 0 && (ranges[at - 1] as DropRange).from > more.from) at -= 1;
  ranges.splice(at, 0, { ...more });
  join(ranges, at);
  join(ranges, at - 1);
}

/** Joins a range and the one after it. */
function join(ranges: DropRange[], at: number): void {
  const [range, after] = [ranges[at], ranges[at + 1]];
  if (range === undefined || after === undefined || range.to + 1 < after.from) return;
  range.to = after.to;
  range.bytes += after.bytes;
  ranges.splice(at + 1, 1);
}

/** The record that says so. */
export function dropGap(
  { connection, from, to, bytes }: DropRange,
  { at, mono }: Stamp,
  why: GapReason,
): GapRecord {
  const count = to - from + 1;
  return { kind: 'gap', connection, at, mono, why, count, from, to, frames: count, bytes };
}
