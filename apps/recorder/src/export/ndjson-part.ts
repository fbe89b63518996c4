import { appendFile, writeFile } from 'node:fs/promises';
import type { ExportTable, Row } from './export-tables.ts';
import { OWNER_ONLY, type PartFormat } from './part-file.ts';

/** Writes one JSON object per line. Decimals and times stay as in the frame, without rounding. */
export const ndjsonFormat: PartFormat = {
  extension: 'ndjson',
  async create(path, { columns }) {
    await writeFile(path, '', { flag: 'wx', mode: OWNER_ONLY });
    let bytes = 0;
    return {
      async append(rows) {
        const text = Buffer.from(rows.map((row) => `${jsonOf(columns, row)}\n`).join(''));
        await appendFile(path, text);
        bytes += text.length;
      },
      finish: () => Promise.resolve(),
      get bytes() {
        return bytes;
      },
    };
  },
};

const jsonOf = (columns: ExportTable['columns'], row: Row): string =>
  JSON.stringify(Object.fromEntries(columns.map(({ name, place }) => [name, row[place] ?? null])));
