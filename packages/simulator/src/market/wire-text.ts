// How the exchange writes numbers and times: decimals as digits with trailing zeros cut, RFC 3339 with
// zero to nine fraction digits, and Go's time.String in heartbeats (protocol facts 3.1 and 3.2).

/** Nanoseconds in a millisecond. */
export const MS = 1_000_000;
/** Nanoseconds in a second. */
export const SECOND = 1_000_000_000;

/** Whole numbers below 10,000. */
const WHOLE: readonly string[] = Array.from({ length: 10_000 }, (_, number) => String(number));
/** Four digits of a fraction, by their number: `.0250` with the point, and `025` without the zeros at the end. */
const POINTED: readonly string[] = WHOLE.map((text) => `.${text.padStart(4, '0')}`);
const FOUR: readonly string[] = POINTED.map((text) => text.slice(1));
const TRIMMED: readonly string[] = FOUR.map((text) => text.replace(/0{1,4}$/, ''));

/** The eight digits after the point of `units` out of 10 ** 8, without trailing zeros; '' for none. */
function fractionText(units: number): string {
  // Tables instead of arithmetic: this is half of what the exchange writes, and short strings cost little to join.
  const rest = units | 0;
  if (rest === 0) return '';
  const high = (rest / 10_000) | 0;
  const low = rest - high * 10_000;
  return low === 0 ? `.${TRIMMED[high] ?? ''}` : (POINTED[high] ?? '') + (TRIMMED[low] ?? '');
}

/** The same for nine digits. */
function nanosText(nanos: number): string {
  const rest = nanos | 0;
  const units = (rest / 10) | 0;
  const last = rest - units * 10;
  if (last === 0) return fractionText(units);
  const high = (units / 10_000) | 0;
  return (POINTED[high] ?? '') + (FOUR[units - high * 10_000] ?? '') + `${last}`;
}

/** The decimal `scaled / 10 ** decimals` (0 to 8 decimals, `scaled` a whole number) as the exchange writes it. */
export function decimalText(scaled: number, decimals: number): string {
  if (scaled < 0) return `-${decimalText(-scaled, decimals)}`;
  const unit = POWERS[decimals] ?? 1;
  const whole = Math.floor(scaled / unit);
  return (
    (WHOLE[whole] ?? String(whole)) + fractionText((scaled - whole * unit) * (POWERS[8 - decimals] ?? 1))
  );
}

const POWERS: readonly number[] = Array.from({ length: 9 }, (_, exponent) => 10 ** exponent);

const ZERO = 0x30;
const POINT = 0x2e;

/** A floating-point figure with at most `decimals` digits after the point, trailing zeros cut. */
export function roundedText(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  if (!text.includes('.')) return text;
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO) end -= 1;
  return text.slice(0, text.charCodeAt(end - 1) === POINT ? end - 1 : end);
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
  /** Looks again what the wall clock shows at the exchange's beginning. */
  readonly begin: () => void;
}

/** `epochMs`: the wall-clock time of the exchange's beginning, in milliseconds since 1970. */
export function createTimeText(epochMs: () => number): TimeText {
  let epochSecond = 0;
  let epochRest = 0;
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
    return `${secondText(second)}${nanosText(shifted - second * SECOND)}Z`;
  };

  const begin = (): void => {
    const ms = Math.floor(epochMs());
    epochSecond = Math.floor(ms / 1000);
    epochRest = (ms - epochSecond * 1000) * MS;
    cachedSecond = Number.NaN;
  };
  begin();

  return {
    begin,
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
