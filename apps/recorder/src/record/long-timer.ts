/** Asked for more (24.8 days), a timer of Node fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Runs something once after any time, also after months; the returned function cancels it. */
export function runAfter(ms: number, run: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (left: number): void => {
    timer =
      left > LONGEST_TIMER_MS
        ? setTimeout(() => wait(left - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
        : setTimeout(run, left);
  };
  wait(ms);
  return () => clearTimeout(timer);
}
