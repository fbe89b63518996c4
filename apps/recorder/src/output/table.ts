import { oneLine } from './printable.ts';

/** Renders a table. Aligns columns of numbers to the right, except the first column. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [header, ...rows.map((row) => row.map((cell) => oneLine(cell)))];
  const widths = header.map((_, column) =>
    all.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  const figures = header.map(
    (_, column) =>
      column > 0 && rows.every((row) => /^(?:[\d.,]+(?: (?:[KMGT]i)?B)?)?$/u.test(row[column] ?? '')),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        figures[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return all.map((row) => `  ${line(row)}`);
}
