import bytes from 'bytes';
import ms from 'ms';

const grouped = new Intl.NumberFormat('en-US');

/** `1 frame`, `12,345 frames`. */
export const countText = (value: number, noun: string): string =>
  `${grouped.format(value)} ${noun}${value === 1 ? '' : 's'}`;

/** `4.8 MB`, in powers of 1,024. */
export const bytesText = (value: number): string =>
  bytes.format(value, { unitSeparator: ' ', decimalPlaces: 1 }) ?? `${value} B`;

/** `10s`, `2m`. */
export const durationText = (value: number): string => ms(Math.round(value / 1000) * 1000);
