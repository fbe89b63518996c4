/** @import { StatusHistory } from '../../src/status/model/status-snapshot.ts' */

/** Seconds that are shown at most. */
const LIMIT = 900;

/**
 * The seconds that the charts show, as columns; times in Unix seconds, as uPlot wants them.
 * @typedef {{ at: number[], frames: number[], lagMedianMs: (number | null)[], lagMaximumMs: (number | null)[] }} Columns
 */

/** @returns {{ columns: Columns, replace: (history: StatusHistory) => void, append: (recent: StatusHistory) => void }} */
export function createHistory() {
  /** @type {Columns} */
  const columns = { at: [], frames: [], lagMedianMs: [], lagMaximumMs: [] };

  /** @param {StatusHistory} recent */
  const append = (recent) => {
    for (const [index, at] of recent.at.entries()) {
      // The same second may come a millisecond off: it is told by wall time, and that is measured anew each time.
      if (at / 1000 < (columns.at.at(-1) ?? 0) + 0.5) continue;
      columns.at.push(at / 1000);
      columns.frames.push(recent.frames[index] ?? 0);
      columns.lagMedianMs.push(recent.lagMedianMs[index] ?? null);
      columns.lagMaximumMs.push(recent.lagMaximumMs[index] ?? null);
    }
    const excess = columns.at.length - LIMIT;
    if (excess > 0) for (const column of Object.values(columns)) column.splice(0, excess);
  };

  return {
    columns,
    append,
    replace(history) {
      for (const column of Object.values(columns)) column.length = 0;
      append(history);
    },
  };
}
