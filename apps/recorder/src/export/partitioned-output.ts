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

interface OutputOptions {
  /** The tables to write, already redacted if requested. */
  readonly tables: ReadonlyMap<TableName, ExportTable>;
  readonly format: PartFormat;
  readonly limits?: OutputLimits;
  /** Aborts writing. */
  readonly signal?: AbortSignal;
}

/** Creates an output below `folder`. */
export const createPartitionedOutput = (folder: string, options: OutputOptions): PartitionedOutput =>
  new Output(folder, options);

class Output implements PartitionedOutput {
  readonly #folder: string;
  readonly #options: OutputOptions;
  readonly #limits: OutputLimits;
  /** In order of last use. */
  readonly #parts = new Map<string, Part>();
  /** Parts with a full row group. */
  readonly #ripe = new Set<Part>();
  readonly #totals: Map<TableName, TableTotals>;
  #waitingRows = 0;
  #waitingBytes = 0;
  #created = 0;

  constructor(folder: string, options: OutputOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#limits = options.limits ?? OUTPUT_LIMITS;
    this.#totals = new Map(
      Array.from(options.tables.keys(), (name) => [name, { rows: 0, files: 0, bytes: 0 }]),
    );
  }

  add(partition: Partition, rows: readonly Row[], frameBytes: number): void {
    const folder = partitionFolder(partition);
    const { table } = partition;
    const part = this.#parts.get(folder) ?? {
      table,
      folder,
      rows: [],
      frameBytes: 0,
      groups: 0,
      file: undefined,
    };
    this.#parts.delete(folder);
    this.#parts.set(folder, part);
    for (const row of rows) part.rows.push(row);
    part.frameBytes += frameBytes;
    this.#waitingRows += rows.length;
    this.#waitingBytes += frameBytes;
    const sum = this.#totals.get(table);
    if (sum !== undefined) sum.rows += rows.length;
    if (part.rows.length >= this.#limits.groupRows) this.#ripe.add(part);
  }

  get full(): boolean {
    return this.#ripe.size > 0 || this.#parts.size > this.#limits.openParts || this.#holdsTooMuch;
  }

  get #holdsTooMuch(): boolean {
    return this.#waitingRows > this.#limits.waitingRows || this.#waitingBytes > this.#limits.waitingBytes;
  }

  async relieve(): Promise<void> {
    for (const part of this.#ripe) await this.#write(part);
    this.#ripe.clear();
    if (this.#holdsTooMuch) await this.#writeHeaviest();
    for (const idle of this.#parts.values()) {
      if (this.#parts.size <= this.#limits.openParts) break;
      await this.#end(idle);
    }
  }

  async finish(): Promise<ReadonlyMap<TableName, Readonly<TableTotals>>> {
    for (const part of this.#parts.values()) await this.#end(part);
    return this.#totals;
  }

  /** Numbers parts across the export, so that finished parts need no memory. */
  async #create({ table: name, folder }: Part): Promise<PartFile> {
    if (this.#created === this.#limits.allParts) {
      throw new CommandFailure(EXIT.inputOutput, `the export would have more than ${this.#created} files`, {
        hint: 'Select tables, products or a time: --table, --product, --from and --to.',
      });
    }
    const { tables, format } = this.#options;
    const number = String(this.#created).padStart(6, '0');
    const path = join(this.#folder, folder, `part-${number}.${format.extension}`);
    this.#created += 1;
    await mkdir(dirname(path), { recursive: true });
    const table = tables.get(name);
    if (table === undefined) throw new TypeError(`no table ${name} in this export`);
    return format.create(path, table);
  }

  async #write(part: Part): Promise<void> {
    this.#options.signal?.throwIfAborted();
    const { rows } = part;
    const { groupRows, groupsPerPart } = this.#limits;
    this.#waitingRows -= rows.length;
    this.#waitingBytes -= part.frameBytes;
    part.rows = [];
    part.frameBytes = 0;
    part.file ??= await this.#create(part);
    for (let from = 0; from < rows.length; from += groupRows) {
      await part.file.append(rows.slice(from, from + groupRows));
      part.groups += 1;
    }
    if (part.groups >= groupsPerPart) await this.#end(part);
  }

  async #end(part: Part): Promise<void> {
    if (part.rows.length > 0) await this.#write(part);
    this.#parts.delete(part.folder);
    if (part.file === undefined) return;
    await part.file.finish();
    const sum = this.#totals.get(part.table);
    if (sum === undefined) return;
    sum.files += 1;
    sum.bytes += part.file.bytes;
    part.file = undefined;
  }

  /** Writes the largest partitions until the buffers are within the limits. */
  async #writeHeaviest(): Promise<void> {
    const waiting = [...this.#parts.values()].filter(({ rows }) => rows.length > 0);
    for (const part of waiting.toSorted((a, b) => b.frameBytes - a.frameBytes)) {
      if (!this.#holdsTooMuch) return;
      await this.#write(part);
    }
  }
}
