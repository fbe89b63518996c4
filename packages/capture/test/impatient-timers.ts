import { systemTimers } from '#node/system/timers';
import type { Timers } from '#node/system/timers';

/** Timers that do not wait the second between two looks at a lock. */
export const impatientTimers: Timers = {
  ...systemTimers,
  after: (ms, run) => systemTimers.after(ms === 1_000 ? 0 : ms, run),
};
