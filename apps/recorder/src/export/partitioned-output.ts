import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EXIT } from '../process/exit-codes.ts';
import { CommandFailure } from '../process/errors.ts';
import type { ExportTable, Row, TableName } from './export-tables.ts';
import type { PartFile, PartFormat } from './part-file.ts';
import { partitionFolder, type Partition } from './partition.ts';

/** Limits the memory of an export, whatever the size of the capture. */
export interface OutputLimits {
  /** Rows of a row group, which is written at once. */
  readonly groupRows: number;
  /** Row groups of a part file; then the partition continues in the next one. */
  readonly groupsPerPart: number;
  /** Open parts; beyond it the least recently used one is finished. */
  readonly openParts: number;
  /** Parts of the whole export; beyond it the export fails. */
  readonly allParts: number;
  /** Buffered rows, and bytes of their frames; beyond it the largest partitions are written. */
  readonly waitingRows: number;
  readonly waitingBytes: number;
}

const OUTPUT_LIMITS: OutputLimits = {
  groupRows: 50_000,
  groupsPerPart: 100,
  openParts: 2048,
  allParts: 100_000,
  waitingRows: 200_000,
  waitingBytes: 64 * 1024 * 1024,
};

/** Totals of one exported table. */
export interface TableTotals {
  rows: number;
  files: number;
  bytes: number;
}

/** Sorts rows into partitions and writes them as part files of bounded size. */
export interface PartitionedOutput {
  /** Buffers rows from a frame of `frameBytes` bytes. */
  add(partition: Partition, rows: readonly Row[], frameBytes: number): void;
  /** Whether a limit is exceeded. */
  readonly full: boolean;
  /** Writes until the buffers are within the limits. */
  relieve(): Promise<void>;
  /** Writes everything and finishes every part. */
  finish(): Promise<ReadonlyMap<TableName, Readonly<TableTotals>>>;
}

interface Part {
  readonly table: TableName;
  readonly folder: string;
  rows: Row[];
  frameBytes: number;
  groups: number;
  file: PartFile | undefined;
}

/** Creates an output below `folder`. `tables` holds the tables to write, already redacted if requested. */
export function createPartitionedOutput(
  folder: string,
  {
    tables,
    format,
    limits = OUTPUT_LIMITS,
    signal,
  }: {
    readonly tables: ReadonlyMap<TableName, ExportTable>;
    readonly format: PartFormat;
    readonly limits?: OutputLimits;
    /** Aborts writing. */
    readonly signal?: AbortSignal;
  },
): PartitionedOutput {
  /** In order of last use. */
  const parts = new Map<string, Part>();
  const totals = new Map<TableName, TableTotals>(
    Array.from(tables.keys(), (name) => [name, { rows: 0, files: 0, bytes: 0 }]),
  );
  let waitingRows = 0;
  let waitingBytes = 0;
  let created = 0;
  const ripeParts = new Set<Part>();

  /** Numbers parts across the export, so that finished parts need no memory. */
  async function create({ table: name, folder: place }: Part): Promise<PartFile> {
    if (created === limits.allParts) {
      throw new CommandFailure(EXIT.inputOutput, `the export would have more than ${created} files`, {
        hint: 'Select tables, products or a time: --table, --product, --from and --to.',
      });
    }
    const path = join(folder, place, `part-${String(created).padStart(6, '0')}.${format.extension}`);
    created += 1;
    await mkdir(dirname(path), { recursive: true });
    const table = tables.get(name);
    if (table === undefined) throw new TypeError(`no table ${name} in this export`);
    return format.create(path, table);
  }

  async function write(part: Part): Promise<void> {
    signal?.throwIfAborted();
    const { rows } = part;
    waitingRows -= rows.length;
    waitingBytes -= part.frameBytes;
    part.rows = [];
    part.frameBytes = 0;
    part.file ??= await create(part);
    for (let from = 0; from < rows.length; from += limits.groupRows) {
      await part.file.append(rows.slice(from, from + limits.groupRows));
      part.groups += 1;
    }
    if (part.groups >= limits.groupsPerPart) await end(part);
  }

  async function end(part: Part): Promise<void> {
    if (part.rows.length > 0) await write(part);
    parts.delete(part.folder);
    if (part.file === undefined) return;
    await part.file.finish();
    const sum = totals.get(part.table);
    if (sum === undefined) return;
    sum.files += 1;
    sum.bytes += part.file.bytes;
    part.file = undefined;
  }

  /** Writes the largest partitions until the buffers are within the limits. */
  async function writeHeaviest(): Promise<void> {
    const waiting = [...parts.values()].filter(({ rows }) => rows.length > 0);
    for (const part of waiting.toSorted((a, b) => b.frameBytes - a.frameBytes)) {
      if (waitingRows <= limits.waitingRows && waitingBytes <= limits.waitingBytes) return;
      await write(part);
    }
  }

  return {
    add(partition, rows, frameBytes) {
      const key = partitionFolder(partition);
      const { table } = partition;
      const part = parts.get(key) ?? {
        table,
        folder: key,
        rows: [],
        frameBytes: 0,
        groups: 0,
        file: undefined,
      };
      parts.delete(key);
      parts.set(key, part);
      for (const row of rows) part.rows.push(row);
      part.frameBytes += frameBytes;
      waitingRows += rows.length;
      waitingBytes += frameBytes;
      const sum = totals.get(table);
      if (sum !== undefined) sum.rows += rows.length;
      if (part.rows.length >= limits.groupRows) ripeParts.add(part);
    },
    get full() {
      return (
        ripeParts.size > 0 ||
        parts.size > limits.openParts ||
        waitingRows > limits.waitingRows ||
        waitingBytes > limits.waitingBytes
      );
    },
    async relieve() {
      for (const part of ripeParts) await write(part);
      ripeParts.clear();
      if (waitingRows > limits.waitingRows || waitingBytes > limits.waitingBytes) await writeHeaviest();
      for (const idle of parts.values()) {
        if (parts.size <= limits.openParts) break;
        await end(idle);
      }
    },
    async finish() {
      for (const part of parts.values()) await end(part);
      return totals;
    },
  };
}
