import { countText } from '../output/format.ts';
import type { Notice } from './notices.ts';

/** Notices of one event that come through at once, and as many a second after that. */
const BURST = 20;
const PER_SECOND = 1;

interface Budget {
  left: number;
  at: number;
  /** The newest one that was left out, and how many. */
  leftOut: { readonly notice: Notice; readonly count: number } | undefined;
}

/**
 * Bounds what a log grows by: a server can cause thousands of the same event a second. What is left out is counted,
 * and said as soon as there is room for a line. Takes milliseconds of a monotonic clock.
 */
export function createNoticeLimit(): (notice: Notice, nowMs: number) => readonly Notice[] {
  const budgets = new Map<string, Budget>();

  function budgetOf(event: string, nowMs: number): Budget {
    const budget = budgets.get(event) ?? { left: BURST, at: nowMs, leftOut: undefined };
    budget.left = Math.min(BURST, budget.left + ((nowMs - budget.at) / 1000) * PER_SECOND);
    budget.at = nowMs;
    budgets.set(event, budget);
    return budget;
  }

  /** The lines that say what was left out, of every event that has room for one. */
  function overdue(nowMs: number): Notice[] {
    return [...budgets.keys()].flatMap((event) => {
      const budget = budgetOf(event, nowMs);
      if (budget.leftOut === undefined || budget.left < 1) return [];
      const { notice, count } = budget.leftOut;
      budget.left -= 1;
      budget.leftOut = undefined;
      const text = `${countText(count, 'more line')} like this left out, the last: ${notice.text}`;
      return [{ ...notice, text, fields: { ...notice.fields, leftOut: count } }];
    });
  }

  return (notice, nowMs) => {
    const lines = overdue(nowMs);
    const budget = budgetOf(notice.event, nowMs);
    if (budget.left >= 1) {
      budget.left -= 1;
      return [...lines, notice];
    }
    budget.leftOut = { notice, count: (budget.leftOut?.count ?? 0) + 1 };
    return lines;
  };
}
