import type { Clock } from '../time/clock.ts';

/** What a request is answered with, and what goes before. */
export interface Answer {
  /** Subjects whose snapshots the answer follows. */
  readonly after: Set<string>;
  say(): void;
}

/** The answers of one connection, in the order of the requests: an acknowledgement follows the snapshots it is about. */
export interface Answers {
  add(answer: Answer): void;
  /** The snapshot of a subject went out. */
  told(subject: string): void;
  /** No snapshot comes any more: says what is left. */
  finish(): void;
  stop(): void;
}

/** The tape may have no snapshot at this place: so long after the last one the answer comes without it. */
const PATIENCE_MS = 2_000;

export function createAnswers(clock: Clock): Answers {
  const queue: Answer[] = [];
  let timer: unknown;

  const wait = (): void => {
    clock.clearTimeout(timer);
    const [next] = queue;
    if (next === undefined) return;
    timer = clock.setTimeout(() => {
      next.after.clear();
      advance();
    }, PATIENCE_MS);
  };
  const advance = (): void => {
    for (let [next] = queue; next !== undefined && next.after.size === 0; [next] = queue) {
      queue.shift();
      next.say();
    }
    wait();
  };

  return {
    add(answer) {
      queue.push(answer);
      if (queue.length === 1) advance();
    },
    told(subject) {
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
