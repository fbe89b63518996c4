/** So many a second, with as many saved up: a token bucket over a clock that is passed in. */
export interface RateLimit {
  /** Whether one more may pass at `now` (milliseconds). */
  take(now: number): boolean;
  /** Milliseconds until one more may pass. */
  waitMs(now: number): number;
}

export function createRateLimit(perSecond: number): RateLimit {
  let saved = perSecond;
  let refilledAt = 0;

  const refill = (now: number): void => {
    saved = Math.min(perSecond, saved + ((now - refilledAt) * perSecond) / 1000);
    refilledAt = now;
  };

  return {
    take(now) {
      if (perSecond === Number.POSITIVE_INFINITY) return true;
      refill(now);
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
    waitMs(now) {
      if (perSecond === Number.POSITIVE_INFINITY) return 0;
      refill(now);
      return saved >= 1 ? 0 : ((1 - saved) * 1000) / perSecond;
    },
  };
}
