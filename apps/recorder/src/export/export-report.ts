import { bytesText, countText } from '../output/format.ts';
import { oneLine } from '../output/printable.ts';
import { table } from '../output/table.ts';
import type { TableName } from './export-tables.ts';
import { figuresOf, missingText, type SequenceFigures } from '../read/sequence-figures.ts';
import type { ExportedFrames } from './export-capture.ts';
import type { FrameTally } from './frame-tally.ts';
import type { TableTotals } from './partitioned-output.ts';

/** The result of an export, as `--json` prints it. */
export interface ExportReport extends SequenceFigures {
  readonly path: string | readonly string[];
  readonly out: string;
  readonly format: string;
  readonly redacted: boolean;
  readonly tables: Readonly<Record<string, Readonly<TableTotals>>>;
  readonly frames: {
    readonly read: number;
    readonly exported: number;
    readonly partial: number;
    readonly notSelected: number;
    readonly withoutTable: Readonly<Record<string, number>>;
    readonly unknown: Readonly<Record<string, number>>;
    readonly errors: number;
    readonly undecodable: number;
  };
  /** The places of the first undecodable and partial frames. */
  readonly undecodable: FrameTally['listed'];
}

export function exportReport(
  about: Pick<ExportReport, 'path' | 'out' | 'format' | 'redacted'>,
  { tally: { listed, withoutTable, unknown, ...counts }, sequence }: ExportedFrames,
  totals: ReadonlyMap<TableName, Readonly<TableTotals>>,
): ExportReport {
  return {
    ...about,
    tables: Object.fromEntries(totals),
    frames: {
      ...counts,
      withoutTable: Object.fromEntries(withoutTable),
      unknown: Object.fromEntries(unknown),
    },
    ...figuresOf(sequence),
    undecodable: listed,
  };
}

/** Renders the report as text. */
export function exportText(report: ExportReport): readonly string[] {
  const { out, tables, frames, gaps, undecodable } = report;
  const rows = Object.entries(tables).map(([name, { rows: count, files, bytes }]) => [
    name,
    String(count),
    String(files),
    bytesText(bytes),
  ]);
  const { read, exported, notSelected, withoutTable, unknown, errors } = frames;
  const notes = [
    notSelected > 0 ? `${countText(notSelected, 'frame')} about other products` : undefined,
    channelsText('without a table in this export', withoutTable),
    channelsText('of unknown channels', unknown),
    errors > 0 ? `error replies: ${errors}` : undefined,
    frames.partial > 0 ? `of which ${countText(frames.partial, 'frame')} only in part` : undefined,
    gaps > 0 ? `${countText(gaps, 'gap')} (${missingText(report)})` : undefined,
    frames.undecodable > 0 ? countText(frames.undecodable, 'undecodable frame') : undefined,
    ...undecodable.map(
      ({ run, connection, index, why }) =>
        `  run ${oneLine(run)}, connection ${connection}, frame ${index}: ${oneLine(why)}`,
    ),
    frames.undecodable + frames.partial > undecodable.length
      ? `  and ${frames.undecodable + frames.partial - undecodable.length} more`
      : undefined,
  ];
  return [
    ...table(['table', 'rows', 'files', 'size'], rows),
    `${exported} of ${countText(read, 'frame')} exported to ${out}`,
    ...notes.filter((note) => note !== undefined),
  ];
}

function channelsText(what: string, counts: Readonly<Record<string, number>>): string | undefined {
  const entries = Object.entries(counts);
  if (entries.length === 0) return undefined;
  return `frames ${what}: ${entries.map(([channel, count]) => `${oneLine(channel)} ${count}`).join(', ')}`;
}
