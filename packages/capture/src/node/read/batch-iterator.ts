/**
 * One item at a time out of batches, at one resolved promise an item. An async generator would cost three,
 * and with hundreds of thousands of frames a second that is most of the time. `onReturn` has to end a wait
 * of the source for something other than a file: its own `return` is queued behind its pending `next`.
 */
export function iterateBatches<T>(
  batches: AsyncIterable<readonly T[]>,
  onReturn?: () => void,
): AsyncIterableIterator<T, undefined, undefined> {
  const source = batches[Symbol.asyncIterator]();
  let batch: readonly T[] = [];
  let at = 0;
  /** Callers that came while a batch was being read; they are served in order. */
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function fetch(): Promise<IteratorResult<T, undefined>> {
    while (at === batch.length) {
      const next = await source.next();
      if (next.done === true) return { done: true, value: undefined };
      batch = next.value;
      at = 0;
    }
    return take();
  }

  function take(): IteratorResult<T, undefined> {
    const value = batch[at] as T;
    at += 1;
    return { done: false, value };
  }

  async function inTurn(before: Promise<unknown>): Promise<IteratorResult<T, undefined>> {
    waiting += 1;
    try {
      await before.catch(() => undefined);
      return await fetch();
    } finally {
      waiting -= 1;
    }
  }

  return {
    next() {
      if (waiting === 0 && at < batch.length) return Promise.resolve(take());
      const result = inTurn(last);
      last = result;
      return result;
    },
    async return() {
      batch = [];
      at = 0;
      onReturn?.();
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
