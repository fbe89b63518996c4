// @module-tag slow

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { feedtape } from '../feedtape.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { openDatabase, type Scalar } from './duckdb.ts';

const page = readFileSync(new URL('../../../docs/export.md', import.meta.url), 'utf8');
const frames = fileURLToPath(
  new URL(
    '../../../packages/protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
    import.meta.url,
  ),
);

/** Each query of the page with the Markdown table below it. */
const queries = [...page.matchAll(/^```sql\n([\s\S]*?)^```\n\n((?:\|.*\n)*)/gmu)].map(
  ([, sql = '', table = '']) => ({ sql, table }),
);

/** The arguments of a command line as a shell takes them apart. */
const words = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/gu)].map((match) => match[1] ?? match[2] ?? '');

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;

function markdown(rows: readonly Readonly<Record<string, Scalar>>[]): string {
  const header = Object.keys(rows[0] ?? {});
  return [
    line(header),
    line(header.map(() => '---')),
    ...rows.map((row) => line(header.map((name) => String(row[name])))),
  ].join('');
}

test('the commands and queries of the export page give what the page shows', async () => {
  const cwd = temporaryFolder();
  const [, importing = '', exporting = ''] =
    /^```sh\nfeedtape (import .*)\nfeedtape (export .*)\n```$/mu.exec(page) ?? [];
  const [command = '', , ...rest] = words(importing);
  expect((await feedtape([command, frames, ...rest], { cwd })).code).toBe(0);
  const { stdout } = await feedtape(words(exporting), { cwd });
  const [, output = ''] = /^<!-- output -->\n\n```\n([\s\S]*?)^```$/mu.exec(page) ?? [];
  expect(stdout.toString()).toBe(output);

  expect(queries).toHaveLength(4);
  const query = await openDatabase();
  for (const { sql, table } of queries) {
    const rows = await query(sql.replaceAll("'tables/", `'${join(cwd, 'tables')}/`));
    expect(`${sql}${markdown(rows)}`).toBe(`${sql}${table}`);
  }
});
