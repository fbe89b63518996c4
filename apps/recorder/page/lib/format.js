/** Formats numbers and times for the page. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `12,345`, or `1.5` for fractions below ten. @param {number} value */
export const count = (value) => (value < 10 && !Number.isInteger(value) ? tenth : whole).format(value);

/** `12,345/s` @param {number} value */
export const rate = (value) => `${count(value)}/s`;

/** No-break space between a number and its unit. */
const SPACE = '\u00a0';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.5 MiB` @param {number} value */
export function bytes(value) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  const scaled = value / 1024 ** power;
  return `${power === 0 || scaled >= 100 ? whole.format(scaled) : tenth.format(scaled)}${SPACE}${UNITS[power]}`;
}

/** `340 ms`, `1.2 s`, `12 s`, `3 min 20 s`, `5 h 12 min`, `4 d 3 h`, `273 d` @param {number} ms */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600);
  if (ms < 1000) return together(Math.round(ms), 'ms');
  if (seconds < 10) return together(tenth.format(ms / 1000), 's');
  if (seconds < 60) return together(seconds, 's');
  if (seconds < 3600) return together(Math.floor(seconds / 60), 'min', seconds % 60, 's');
  if (days === 0) return together(hours, 'h', Math.floor((seconds % 3600) / 60), 'min');
  return days < 10 ? together(days, 'd', hours % 24, 'h') : together(whole.format(days), 'd');
}

/** @param {(string | number)[]} parts */
const together = (...parts) => parts.join(SPACE);

/** `14:03:59` of a Unix time. @param {number} at */
export const time = (at) => clock.format(at);

/** `1 gap`, `2 gaps` @param {number} value @param {string} noun */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
