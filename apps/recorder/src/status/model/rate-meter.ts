import { RATE_WINDOW_SECONDS } from './status-snapshot.ts';

/** A running total with its values at the last few full seconds. */
export interface RateMeter {
  total: number;
  readonly marks: Float64Array;
}

const SLOTS = RATE_WINDOW_SECONDS + 1;

export const createRateMeter = (): RateMeter => ({ total: 0, marks: new Float64Array(SLOTS) });

/** Marks the start of second number `second`. Must be called for each of the last few seconds. */
export function mark(meter: RateMeter, second: number): void {
  meter.marks[second % SLOTS] = meter.total;
}

/** The mean rate over the last complete seconds before `second`; 0 in the first second. */
export function perSecond(meter: RateMeter, second: number): number {
  const seconds = Math.min(RATE_WINDOW_SECONDS, second);
  if (seconds === 0) return 0;
  const newest = meter.marks[second % SLOTS] ?? 0;
  const oldest = meter.marks[(second - seconds) % SLOTS] ?? 0;
  return (newest - oldest) / seconds;
}
