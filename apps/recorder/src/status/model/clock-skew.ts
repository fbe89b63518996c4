import { skewOf } from '@feedtape/auth';
import type { ConnectedItem } from '@feedtape/client';
import type { RecorderEvent } from '../../events/recorder-event.ts';
import type { ClockSkew } from './status-snapshot.ts';

/** This machine's wall clock against the exchange's, by the `Date` of each accepted handshake. */
export interface SkewWatch {
  /** The newest measurement; undefined before the first, and where the server says no date. */
  readonly skew: ClockSkew | undefined;
  /** Returns the measurement when it is the first or differs from the last one that was returned. */
  observe(item: ConnectedItem): ClockSkew | undefined;
  /** The wall clock was set, forward by so much: what was measured moves with it. */
  step(offsetMs: number): void;
}

/** A header names whole seconds and its way takes time: less than this is no finding. */
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
      // When the request left is not known; a handshake takes less than the limit, or it is not worth having.
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

/** The sentence that an operator should read, if the clock is wrong enough for one. */
export function skewWarning(skew: ClockSkew | undefined): string | undefined {
  if (skew === undefined || !isSkewed(skew)) return undefined;
  const seconds = (Math.abs(skew.skewMs) / 1000).toFixed(1);
  const where = skew.skewMs > 0 ? 'ahead of' : 'behind';
  return `this machine's clock is ${seconds} s ${where} the exchange's: the times in the capture are off by that; check its time synchronisation`;
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
