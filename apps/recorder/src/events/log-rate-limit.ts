import { countText } from '../output/format.ts';
import { fieldsOf, messageOf, type RecorderEvent } from './recorder-event.ts';

/** Lines of one event that pass at once, and how many a second after that. */
const BURST = 20;
const PER_SECOND = 1;

interface Budget {
  left: number;
  at: number;
  /** The newest event that was left out, and how many were. */
  leftOut: { readonly newest: RecorderEvent; readonly count: number } | undefined;
}

/**
 * Limits how fast a log grows, since a server can cause thousands of the same event a second. Counts what it leaves out
 * and reports the count with the next line it lets through. Takes milliseconds of a monotonic clock.
 */
export function createLogRateLimit(): (event: RecorderEvent, nowMs: number) => readonly RecorderEvent[] {
  const budgets = new Map<string, Budget>();

  function budgetOf(event: string, nowMs: number): Budget {
    const budget = budgets.get(event) ?? { left: BURST, at: nowMs, leftOut: undefined };
    budget.left = Math.min(BURST, budget.left + ((nowMs - budget.at) / 1000) * PER_SECOND);
    budget.at = nowMs;
    budgets.set(event, budget);
    return budget;
  }

  /** Reports what was left out, for every event that may have a line again. */
  function overdue(nowMs: number): RecorderEvent[] {
    return [...budgets.keys()].flatMap((event) => {
      const budget = budgetOf(event, nowMs);
      if (budget.leftOut === undefined || budget.left < 1) return [];
      const { newest, count } = budget.leftOut;
      budget.left -= 1;
      budget.leftOut = undefined;
      const text = `${countText(count, 'more line')} like this left out, the last: ${messageOf(newest)}`;
      return [{ level: newest.level, event, text, fields: { ...fieldsOf(newest), leftOut: count } }];
    });
  }

  return (event, nowMs) => {
    const lines = overdue(nowMs);
    const budget = budgetOf(event.event, nowMs);
    if (budget.left >= 1) {
      budget.left -= 1;
      return [...lines, event];
    }
    budget.leftOut = { newest: event, count: (budget.leftOut?.count ?? 0) + 1 };
    return lines;
  };
}
