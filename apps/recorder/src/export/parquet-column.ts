import type { SchemaElement } from 'hyparquet-writer';
import { hasTime, parseTimestamp, scaleDecimal } from '@feedtape/protocol';
import type { Cell, Column, ExportTable } from './export-tables.ts';

/** Digits of a decimal: the maximum of DuckDB, Spark and Arrow's decimal128. */
const PRECISION = 38;
/** Bytes for 38 digits with a sign. */
const DECIMAL_BYTES = 16;
const LARGEST_DECIMAL = 10n ** BigInt(PRECISION);
const LARGEST_INT64 = 2n ** 63n - 1n;
const NS_PER_SECOND = 1_000_000_000n;

/** Column with the values, as JSON, that did not fit their columns. */
export const UNFIT_COLUMN = 'unfit';

/** The schema of a table's Parquet files: its columns and {@link UNFIT_COLUMN}. */
export function parquetSchema({ columns }: ExportTable): SchemaElement[] {
  return [
    { name: 'root', num_children: columns.length + 1 },
    ...columns.map(schemaElement),
    schemaElement({ name: UNFIT_COLUMN, type: 'text' }),
  ];
}

function schemaElement(column: Column): SchemaElement {
  const { name } = column;
  const repetition_type = 'OPTIONAL';
  switch (column.type) {
    case 'text':
      return {
        name,
        type: 'BYTE_ARRAY',
        converted_type: 'UTF8',
        logical_type: { type: 'STRING' },
        repetition_type,
      };
    case 'integer':
      return { name, type: 'INT64', repetition_type };
    case 'time':
    case 'seconds':
      // All times are UTC, but not marked as such: DuckDB would read those as microseconds.
      return {
        name,
        type: 'INT64',
        logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: false, unit: 'NANOS' },
        repetition_type,
      };
    case 'decimal': {
      const { scale } = column;
      return {
        name,
        type: 'FIXED_LEN_BYTE_ARRAY',
        type_length: DECIMAL_BYTES,
        converted_type: 'DECIMAL',
        scale,
        precision: PRECISION,
        logical_type: { type: 'DECIMAL', scale, precision: PRECISION },
        repetition_type,
      };
    }
  }
}

/** Converts a cell for its column; `undefined` if it does not fit. */
export function parquetValue(column: Column, cell: Cell): string | bigint | null | undefined {
  if (cell === null) return null;
  try {
    return valueOf(column, String(cell));
  } catch {
    return undefined;
  }
}

function valueOf(column: Column, text: string): string | bigint | null | undefined {
  switch (column.type) {
    case 'text':
      // JSON can hold a lone surrogate, UTF-8 can't.
      return /\p{Surrogate}/u.test(text) ? undefined : text;
    case 'integer':
      return /^(?:0|-?[1-9]\d{0,18})$/u.test(text) ? within(BigInt(text), LARGEST_INT64) : undefined;
    case 'time':
      return hasTime(text) ? within(parseTimestamp(text), LARGEST_INT64) : null;
    case 'seconds':
      return /^\d{1,11}$/u.test(text) ? within(BigInt(text) * NS_PER_SECOND, LARGEST_INT64) : undefined;
    case 'decimal':
      return within(scaleDecimal(text, column.scale), LARGEST_DECIMAL - 1n);
  }
}

const within = (value: bigint, largest: bigint): bigint | undefined =>
  value <= largest && value >= -largest ? value : undefined;
