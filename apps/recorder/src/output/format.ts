const grouped = new Intl.NumberFormat('en-US');

/** `1 frame`, `12,345 frames`. */
export const countText = (value: number, noun: string): string =>
  `${grouped.format(value)} ${noun}${value === 1 ? '' : 's'}`;

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `4.8 MiB`, with at most one decimal. */
export function bytesText(value: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return `${Number((value / 1024 ** power).toFixed(1))} ${BYTE_UNITS[power]}`;
}

/** `a, b and 3 more`: the first of `total` names. */
export function listText(names: readonly string[], most: number = 10, total: number = names.length): string {
  const shown = names.slice(0, most);
  return total > shown.length ? `${shown.join(', ')} and ${total - shown.length} more` : shown.join(', ');
}

/** `250 ms`, `1.5 s`. */
export const secondsText = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** `10s`, `1m 30s`, `2h 5m`: at most two units, in whole seconds. */
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
