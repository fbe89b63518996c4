/** @import { StatusHistory } from '../../src/status/model/status-snapshot.ts' */

/** Maximum number of seconds shown. */
const LIMIT = 900;

/**
 * The seconds of the charts as columns, with times in Unix seconds for uPlot.
 * @typedef {{ at: number[], frames: number[], lagMedianMs: (number | null)[], lagMaximumMs: (number | null)[] }} Columns
 */

/** @returns {{ columns: Columns, replace: (history: StatusHistory) => void, append: (recent: StatusHistory) => void }} */
export function createHistory() {
  /** @type {Columns} */
  const columns = { at: [], frames: [], lagMedianMs: [], lagMaximumMs: [] };

  /** @param {StatusHistory} recent */
  const append = (recent) => {
    for (const [index, at] of recent.at.entries()) {
      // The same second may differ by a millisecond, because every snapshot converts it to wall time anew.
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
