/** Frames of one connection that the writer had no room for, by their indices. */
export interface DroppedFrames {
  readonly connection: number;
  from: number;
  to: number;
  count: number;
  bytes: number;
}

/** Counts what is dropped until a gap record says so. */
export interface DropCounter {
  readonly pending: boolean;
  readonly total: number;
  readonly totalBytes: number;
  count(connection: number, index: number, bytes: number): void;
  /** Takes back what a gap record said that will not be written. */
  restate(dropped: DroppedFrames): void;
  /** What was dropped since the last time, per connection; the caller records it. */
  take(): readonly DroppedFrames[];
}

export function createDropCounter(): DropCounter {
  let byConnection = new Map<number, DroppedFrames>();
  let total = 0;
  let totalBytes = 0;

  function add(more: DroppedFrames): void {
    const dropped = byConnection.get(more.connection);
    if (dropped === undefined) {
      byConnection.set(more.connection, { ...more });
      return;
    }
    dropped.from = Math.min(dropped.from, more.from);
    dropped.to = Math.max(dropped.to, more.to);
    dropped.count += more.count;
    dropped.bytes += more.bytes;
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
      add({ connection, from: index, to: index, count: 1, bytes });
    },
    restate: add,
    take() {
      const dropped = [...byConnection.values()];
      byConnection = new Map();
      return dropped;
    },
  };
}
