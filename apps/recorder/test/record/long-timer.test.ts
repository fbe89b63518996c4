import { expect, onTestFinished, test, vi } from 'vitest';
import { runAfter } from '../../src/record/long-timer.ts';

const DAY_MS = 86_400_000;

test.for([1, 10, 2 ** 31 - 1, 2 ** 31, 30 * DAY_MS, 400 * DAY_MS])(
  'after %d ms, once and not before',
  (ms) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    let runs = 0;
    runAfter(ms, () => (runs += 1));
    vi.advanceTimersByTime(ms - 1);
    expect(runs).toBe(0);
    vi.advanceTimersByTime(1 + 60 * DAY_MS);
    expect(runs).toBe(1);
  },
);

test('a cancelled timer never runs, also when cancelled late', () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let runs = 0;
  const cancel = runAfter(60 * DAY_MS, () => (runs += 1));
  vi.advanceTimersByTime(40 * DAY_MS);
  cancel();
  vi.advanceTimersByTime(40 * DAY_MS);
  expect(runs).toBe(0);
});
