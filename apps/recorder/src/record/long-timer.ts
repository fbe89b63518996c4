/** Node fires timers beyond 24.8 days at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Runs a function once after any delay, even of months. Returns how to cancel it. */
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
