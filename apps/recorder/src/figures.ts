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

/** Longer texts of a server are cut. */
const MOST_SERVER_TEXT = 512;

/** Somebody else's text as part of one line of ours: no control characters, no direction marks, not too long. */
export const oneLine = (text: string): string =>
  text
    .slice(0, MOST_SERVER_TEXT)
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u${character.codePointAt(0)?.toString(16).padStart(4, '0')}`,
    )
    .trim();
