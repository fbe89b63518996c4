import type { Clock } from '../model/clock.ts';

/** A reply to a request, and what precedes it. */
export interface PendingAck {
  /** Subjects whose snapshots come first. */
  readonly after: Set<string>;
  send(): void;
}

/** Replies of one connection, sent in the order of its requests, each after the snapshots of its products. */
export interface PendingAcks {
  add(ack: PendingAck): void;
  /** The snapshot of a subject was sent. */
  snapshotSent(subject: string): void;
  /** No snapshot follows: sends all that are pending. */
  finish(): void;
  stop(): void;
}

/** A capture may lack a snapshot at this position: after this long, the reply is sent without it. */
const SNAPSHOT_TIMEOUT_MS = 2_000;

export function createPendingAcks(clock: Clock): PendingAcks {
  const queue: PendingAck[] = [];
  let timer: unknown;

  const wait = (): void => {
    clock.clearTimeout(timer);
    const [next] = queue;
    if (next === undefined) return;
    timer = clock.setTimeout(() => {
      next.after.clear();
      advance();
    }, SNAPSHOT_TIMEOUT_MS);
  };
  const advance = (): void => {
    for (let [next] = queue; next !== undefined && next.after.size === 0; [next] = queue) {
      queue.shift();
      next.send();
    }
    wait();
  };

  return {
    add(ack) {
      queue.push(ack);
      if (queue.length === 1) advance();
    },
    snapshotSent(subject) {
      if (queue.length === 0) return;
      let isAwaited = false;
      for (const { after } of queue) isAwaited = after.delete(subject) || isAwaited;
      if (isAwaited) advance();
    },
    finish() {
      for (const { after } of queue) after.clear();
      advance();
    },
    stop() {
      queue.length = 0;
      clock.clearTimeout(timer);
    },
  };
}
