import { skewOf } from '@feedtape/auth';
import type { ConnectedItem } from '@feedtape/client';
import type { RecorderEvent } from '../../events/recorder-event.ts';
import type { ClockSkew } from './status-snapshot.ts';

/** Measures this machine's clock against the exchange's, by the `Date` of each accepted handshake. */
export interface SkewWatch {
  /** The newest measurement; undefined before the first one. */
  readonly skew: ClockSkew | undefined;
  /** Returns the measurement if it is the first or differs from the last one returned. */
  observe(item: ConnectedItem): ClockSkew | undefined;
  /** Adjusts the measurement to a step of the wall clock. */
  step(offsetMs: number): void;
}

/** A `Date` has whole seconds and travel time; smaller differences mean nothing. */
const SKEW_LIMIT_MS = 2000;

/** `wallOf` turns the monotonic milliseconds of an item into Unix milliseconds. */
export function createSkewWatch(wallOf: (at: number) => number): SkewWatch {
  let skew: ClockSkew | undefined;
  let told: ClockSkew | undefined;
  return {
    get skew() {
      return skew;
    },
    observe({ serverDate, at }) {
      const receivedAt = wallOf(at);
      if (serverDate === undefined || Number.isNaN(Date.parse(serverDate))) return undefined;
      // The send time is not known; a handshake takes less than the limit.
      skew = { ...skewOf(serverDate, { sentAt: receivedAt, receivedAt }), measuredAt: receivedAt };
      if (told !== undefined && Math.abs(told.skewMs - skew.skewMs) < SKEW_LIMIT_MS) return undefined;
      told = skew;
      return skew;
    },
    step(offsetMs) {
      if (skew !== undefined) skew = { ...skew, skewMs: skew.skewMs + offsetMs };
    },
  };
}

const isSkewed = ({ skewMs }: ClockSkew): boolean => Math.abs(skewMs) > SKEW_LIMIT_MS;

/** The warning for an operator, if the clock is off by more than the limit. */
export function skewWarning(skew: ClockSkew | undefined): string | undefined {
  if (skew === undefined || !isSkewed(skew)) return undefined;
  const seconds = (Math.abs(skew.skewMs) / 1000).toFixed(1);
  const where = skew.skewMs > 0 ? 'ahead of' : 'behind';
  return `this machine's clock is ${seconds} s ${where} the exchange's: times in the capture are off by this; check the time synchronisation`;
}

/** Describes a measurement, if there is one. */
export function describeSkew(skew: ClockSkew | undefined): RecorderEvent | undefined {
  if (skew === undefined) return undefined;
  const skewMs = Math.round(skew.skewMs);
  const warning = skewWarning(skew);
  return {
    level: warning === undefined ? 'debug' : 'warn',
    event: 'clock-skew',
    text: warning ?? `this machine's clock agrees with the exchange's: ${skewMs} ms`,
    fields: { skewMs },
  };
}
