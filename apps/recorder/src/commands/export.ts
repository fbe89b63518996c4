import { Option, type Command } from 'commander';
import { peek, responseChannelOf } from '@feedtape/protocol';
import type { FrameFilter } from '@feedtape/capture/node';
import { exportCapture } from '../export/export-capture.ts';
import { exportReport, exportText, type ExportReport } from '../export/export-report.ts';
import {
  DEFAULT_TABLES,
  EXPORT_TABLES,
  redactedTable,
  TABLE_NAMES,
  type TableName,
} from '../export/export-tables.ts';
import { ndjsonFormat } from '../export/ndjson-part.ts';
import { beginOutput } from '../export/output-folder.ts';
import { parquetFormat } from '../export/parquet-part.ts';
import { createPartitionedOutput } from '../export/partitioned-output.ts';
import { tableNames } from '../cli/option-parsers.ts';
import { addSelection, selectionOf, type SelectionFlags } from '../cli/selection-options.ts';
import { untilStopped } from '../output/output-file.ts';
import { planReading } from '../read/reading-plan.ts';
import { followReading } from '../read/reading-steps.ts';
import { say, sayJson, type Terminal } from '../output/terminal.ts';

const FORMATS = { parquet: parquetFormat, ndjson: ndjsonFormat } as const;

interface ExportFlags extends SelectionFlags {
  readonly out: string;
  readonly format: keyof typeof FORMATS;
  readonly table?: readonly TableName[];
  readonly redact?: true;
  readonly json?: true;
  readonly quiet?: true;
}

/** Adds options and action of `export`. */
export function addExport(command: Command, terminal: Terminal): void {
  addSelection(command)
    .argument('<path...>', 'files, folders or patterns')
    .requiredOption('-o, --out <folder>', 'folder to write; must be empty or not exist')
    .addOption(
      new Option('--format <format>', 'format of the files').choices(Object.keys(FORMATS)).default('parquet'),
    )
    .option(
      '-t, --table <name>',
      `only this table; repeatable: ${TABLE_NAMES.join(', ')} (default: all but orders)`,
      tableNames,
    )
    .option('--redact', 'omit the columns that identify orders, clients, portfolios and accounts')
    .option('--json', 'print one JSON object at the end')
    .option('-q, --quiet', 'no progress')
    .addHelpText(
      'after',
      `
Decimals are exact, never floating point; times are UTC with nanoseconds; run, connection and index identify the
frame of a row. The folder appears when the export is complete: after Ctrl-C there is none.

Examples:
  ${terminal.name} export captures --out tables
  ${terminal.name} export captures --out trades --table trades --product BTC-USD --format ndjson
  duckdb -c "SELECT product, count(*) FROM read_parquet('tables/trades/**/*.parquet') GROUP BY product"`,
    )
    .action((paths: readonly string[], flags: ExportFlags) => run(paths, flags, terminal));
}

async function run(paths: readonly string[], flags: ExportFlags, terminal: Terminal): Promise<void> {
  const report = await untilStopped(terminal, flags.out, (signal) =>
    exportAll(paths, flags, { terminal, signal }),
  );
  if (report === undefined) return;
  if (flags.json) sayJson(terminal, report);
  else say(terminal.stdout, exportText(report));
}

async function exportAll(
  paths: readonly string[],
  { out, format, table, redact, product, quiet, ...selection }: ExportFlags,
  { terminal, signal }: { readonly terminal: Terminal; readonly signal: AbortSignal },
): Promise<ExportReport> {
  const names = new Set(table ?? DEFAULT_TABLES);
  const tables = new Map(
    Array.from(names, (name) => [name, redact ? redactedTable(EXPORT_TABLES[name]) : EXPORT_TABLES[name]]),
  );
  const files = await planReading(paths);
  const folder = await beginOutput(out);
  const steps = followReading(terminal, { verb: 'exporting', quiet: quiet === true, files });
  try {
    const output = createPartitionedOutput(folder.path, { tables, format: FORMATS[format], signal });
    const exported = await exportCapture(files, {
      tables: names,
      filter: filterOf(selection),
      ...(product === undefined ? {} : { products: new Set(product) }),
      output,
      steps,
      signal,
    });
    const totals = await output.finish();
    signal.throwIfAborted();
    await folder.commit();
    const path = paths.length === 1 ? (paths[0] ?? '') : paths;
    return exportReport({ path, out, format, redacted: redact === true }, exported, totals);
  } catch (error) {
    await folder.discard();
    throw error;
  } finally {
    steps.stop();
  }
}

/** Passes frames whose channel can't be read, so that they are counted as undecodable. */
function filterOf({ channel, ...selection }: Omit<SelectionFlags, 'product'>): FrameFilter {
  if (channel === undefined) return selectionOf(selection);
  const wanted = new Set<string>(channel.map(responseChannelOf));
  return {
    ...selectionOf(selection),
    where: ({ bytes }) => {
      const said = peek(bytes).channel;
      return said === undefined || wanted.has(said);
    },
  };
}
