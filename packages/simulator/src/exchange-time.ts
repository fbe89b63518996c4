import type { Clock } from './clock.ts';
import { MS } from './wire-text.ts';

/** How fast the exchange's time runs against the clock. */
export interface ExchangeTime {
  /** Nanoseconds since the exchange began; 0 until it begins. */
  now(): number;
  /** The first request sets it going, so that the first connection sees the same market in every run. */
  begin(): void;
  /** Milliseconds of the clock until exchange time is `at`. */
  waitMs(at: number): number;
}

/** `speed` times as fast as the clock. */
export function createExchangeTime(clock: Clock, speed: number): ExchangeTime {
  let beganAt: number | undefined;
  const now = (): number => (beganAt === undefined ? 0 : Math.floor((clock.now() - beganAt) * speed * MS));
  return {
    now,
    begin() {
      beganAt ??= clock.now();
    },
    waitMs: (at) => Math.max(0, (at - now()) / MS / speed),
  };
}
