import { appendFile, writeFile } from 'node:fs/promises';
import { ByteWriter, ParquetWriter, type ColumnSource, type Writer } from 'hyparquet-writer';
import { SOFTWARE } from '../process/version.ts';
import type { Cell, ExportTable, PlacedColumn, Row } from './export-tables.ts';
import { parquetSchema, parquetValue, UNFIT_COLUMN } from './parquet-column.ts';
import { OWNER_ONLY, type PartFormat } from './part-file.ts';

/** Writes each `append` as a row group, so that memory holds one at a time. */
export const parquetFormat: PartFormat = {
  extension: 'parquet',
  async create(path, table) {
    await writeFile(path, '', { flag: 'wx', mode: OWNER_ONLY });
    const writer = appendingWriter(path);
    const parquet = new ParquetWriter({ writer, schema: parquetSchema(table), createdBy: SOFTWARE });
    return {
      append: async (rows) =>
        parquet.write({ columnData: columnsOf(table, rows), rowGroupSize: rows.length }),
      finish: async () => parquet.finish(),
      get bytes() {
        return writer.offset;
      },
    };
  },
};

/** Appends to the file and releases its buffer on every flush, since hundreds of parts may be open. */
function appendingWriter(path: string): Writer {
  const writer = new ByteWriter();
  const flush = async (): Promise<void> => {
    const bytes = writer.getBytes();
    writer.buffer = new ArrayBuffer(0);
    writer.view = new DataView(writer.buffer);
    writer.index = 0;
    await appendFile(path, bytes);
  };
  return Object.assign(writer, { flush, finish: flush });
}

function columnsOf({ columns }: ExportTable, rows: readonly Row[]): ColumnSource[] {
  const unfit: (Record<string, string> | undefined)[] = [];
  const data = columns.map((column) => ({ name: column.name, data: valuesOf(column, rows, unfit) }));
  const texts = rows.map((_, index) => (unfit[index] === undefined ? null : JSON.stringify(unfit[index])));
  return [...data, { name: UNFIT_COLUMN, data: texts }];
}

/** Reuses the previous value for an equal cell, since the rows of a frame share most cells. */
function valuesOf(
  column: PlacedColumn,
  rows: readonly Row[],
  unfit: (Record<string, string> | undefined)[],
): (string | bigint | null)[] {
  let before: Cell = null;
  let value: string | bigint | null | undefined = null;
  return rows.map((row, index) => {
    const cell = row[column.place] ?? null;
    if (cell !== before) value = parquetValue(column, cell);
    before = cell;
    if (value !== undefined) return value;
    (unfit[index] ??= {})[column.name] = String(cell);
    return null;
  });
}
