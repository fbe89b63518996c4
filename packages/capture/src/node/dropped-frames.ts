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
  /** What was dropped since the last time, per connection; the caller records it. */
  take(): readonly DroppedFrames[];
}

export function createDropCounter(): DropCounter {
  let byConnection = new Map<number, DroppedFrames>();
  let total = 0;
  let totalBytes = 0;
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
      const dropped = byConnection.get(connection);
      if (dropped === undefined) {
        byConnection.set(connection, { connection, from: index, to: index, count: 1, bytes });
        return;
      }
      dropped.from = Math.min(dropped.from, index);
      dropped.to = Math.max(dropped.to, index);
      dropped.count += 1;
      dropped.bytes += bytes;
    },
    take() {
      const dropped = [...byConnection.values()];
      byConnection = new Map();
      return dropped;
    },
  };
}
