// How the exchange writes numbers and times: decimals as digits with trailing zeros cut, RFC 3339 with
// zero to nine fraction digits, and Go's time.String in heartbeats (protocol facts 3.1 and 3.2).

/** Nanoseconds in a millisecond. */
export const MS = 1_000_000;
/** Nanoseconds in a second. */
export const SECOND = 1_000_000_000;

const ZEROS = ['', '0', '00', '000', '0000', '00000', '000000', '0000000', '00000000', '000000000'];

/** Digits after the point for `fraction` out of 10 ** `digits`, without trailing zeros; '' for none. */
function fractionText(fraction: number, digits: number): string {
  if (fraction === 0) return '';
  let rest = fraction;
  let width = digits;
  while (rest % 10 === 0) {
    rest /= 10;
    width -= 1;
  }
  const text = String(rest);
  return `.${ZEROS[width - text.length] ?? ''}${text}`;
}

/** The decimal `scaled / 10 ** decimals` (0 to 9 decimals, `scaled` a whole number) as the exchange writes it. */
export function decimalText(scaled: number, decimals: number): string {
  if (scaled < 0) return `-${decimalText(-scaled, decimals)}`;
  const unit = 10 ** decimals;
  const whole = Math.floor(scaled / unit);
  return `${whole}${fractionText(scaled - whole * unit, decimals)}`;
}

/** A floating-point figure with at most `decimals` digits after the point, trailing zeros cut. */
export function roundedText(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return text.includes('.') ? text.replace(/0{1,20}$/, '').replace(/\.$/, '') : text;
}

/** Writes instants of one exchange, given as nanoseconds since it began. */
export interface TimeText {
  /** `2026-09-30T02:39:53.76027728Z`: nanoseconds, zeros cut. */
  readonly rfc3339: (at: number) => string;
  /** The same cut to microseconds, as `event_time` and `time` have it. */
  readonly micros: (at: number) => string;
  /** `2026-09-30 02:39:54.167689127 +0000 UTC m=+12240.233883420`. */
  readonly go: (at: number, uptime: number) => string;
  /** Seconds since 1970. */
  readonly unixSeconds: (at: number) => number;
}

/** `epochMs`: the wall-clock time of the exchange's beginning, whole milliseconds since 1970. */
export function createTimeText(epochMs: number): TimeText {
  const epochSecond = Math.floor(epochMs / 1000);
  const epochRest = (epochMs - epochSecond * 1000) * MS;
  let cachedSecond = Number.NaN;
  let cachedText = '';

  const secondText = (second: number): string => {
    if (second !== cachedSecond) {
      cachedSecond = second;
      cachedText = new Date((epochSecond + second) * 1000).toISOString().slice(0, 19);
    }
    return cachedText;
  };
  const rfc3339 = (at: number): string => {
    const shifted = at + epochRest;
    const second = Math.floor(shifted / SECOND);
    return `${secondText(second)}${fractionText(shifted - second * SECOND, 9)}Z`;
  };

  return {
    rfc3339,
    micros: (at) => rfc3339(Math.floor(at / 1000) * 1000),
    go(at, uptime) {
      const whole = Math.floor(uptime / SECOND);
      const fraction = String(uptime - whole * SECOND).padStart(9, '0');
      return `${rfc3339(at).replace('T', ' ').slice(0, -1)} +0000 UTC m=+${whole}.${fraction}`;
    },
    unixSeconds: (at) => epochSecond + Math.floor((at + epochRest) / SECOND),
  };
}
