import bytes from 'bytes';

const grouped = new Intl.NumberFormat('en-US');

/** `1 frame`, `12,345 frames`. */
export const countText = (value: number, noun: string): string =>
  `${grouped.format(value)} ${noun}${value === 1 ? '' : 's'}`;

/** `4.8 MB`, in powers of 1,024. */
export const bytesText = (value: number): string =>
  bytes.format(value, { unitSeparator: ' ', decimalPlaces: 1 }) ?? `${value} B`;

const BAR_COLUMNS = 20;

/** `████████░░░░░░░░░░░░ 40 %` for a share from 0 to 1. */
export function shareText(share: number): string {
  const full = Math.floor(share * BAR_COLUMNS);
  return `${'█'.repeat(full)}${'░'.repeat(BAR_COLUMNS - full)} ${Math.floor(share * 100)} %`;
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** `10s`, `1m 30s`, `2h 5m`: the two largest units, in whole seconds. */
export function durationText(value: number): string {
  let left = Math.round(value / 1000);
  const parts: string[] = [];
  for (const [unit, seconds] of UNITS) {
    const count = Math.floor(left / seconds);
    left -= count * seconds;
    if (count > 0 || parts.length > 0) parts.push(count > 0 ? `${count}${unit}` : '');
  }
  return (
    parts
      .slice(0, 2)
      .filter((part) => part !== '')
      .join(' ') || '0s'
  );
}
