import type {
  CompressedEntry,
  DeletedEntry,
  GoneEntry,
  LostEntry,
  ManifestEntry,
  MovedEntry,
  ReceivedEntry,
  SealedEntry,
} from '../../format/manifest-entry.ts';

/** A sealed segment that is in the folder, as the manifest has it. */
export interface PresentSegment {
  readonly entry: SealedEntry;
  /** Its compressed file, when that has taken the place of the plain one. */
  readonly compressed: CompressedEntry | undefined;
  /** The file it is in now. */
  readonly file: string;
  /** Of that file. */
  readonly bytes: number;
  readonly received: ReceivedEntry | undefined;
}

/** A segment that was announced to leave the folder. */
export interface Departure {
  readonly entry: DeletedEntry | MovedEntry;
  readonly segment: PresentSegment | undefined;
  /** Its file has gone for good: its lines may be summed up. */
  settled: boolean;
}

/** State after all lines of a manifest. Its size grows with the segments present, not with the history. */
export interface ManifestState {
  /** Lines that this state was made of. */
  readonly lines: number;
  /** By the name of the sealed plain file. */
  readonly present: ReadonlyMap<string, PresentSegment>;
  /** Announced to leave, by the name of the sealed plain file. */
  readonly departed: ReadonlyMap<string, Departure>;
  apply(entry: ManifestEntry): void;
  /** A line of a later version, kept as it is. */
  keep(line: string): void;
  /** The segments by age: by the order in which the runs began, and by number, however late one was sealed. */
  oldestFirst(): readonly PresentSegment[];
  /** Whether any line speaks of a run. */
  knows(run: string): boolean;
  /** The fewest lines that say the same. */
  summary(): readonly (ManifestEntry | string)[];
}

export function createManifestState(): ManifestState {
  const present = new Map<string, PresentSegment>();
  const departed = new Map<string, Departure>();
  const gone: GoneEntry[] = [];
  const lost: LostEntry[] = [];
  const later: string[] = [];
  /** In the order in which they began. */
  const runs = new Map<string, number>();
  let lines = 0;
  let ordered: PresentSegment[] | undefined;

  function begin(run: string): void {
    if (!runs.has(run)) runs.set(run, runs.size);
  }

  function enter(entry: SealedEntry): void {
    begin(entry.run);
    departed.delete(entry.file);
    const segment = {
      entry,
      compressed: undefined,
      file: entry.file,
      bytes: entry.bytes,
      received: undefined,
    };
    present.set(entry.file, segment);
  }

  function change(name: string, changes: Partial<PresentSegment>): void {
    const segment = present.get(name);
    if (segment !== undefined) present.set(name, { ...segment, ...changes });
  }

  function depart(entry: DeletedEntry | MovedEntry): void {
    // Announced again, because it was unknown whether the first line was durable.
    const segment = present.get(entry.segment) ?? departed.get(entry.segment)?.segment;
    departed.set(entry.segment, { entry, segment, settled: false });
    present.delete(entry.segment);
  }

  const isOlder = (a: PresentSegment, b: PresentSegment): number =>
    (runs.get(a.entry.run) ?? 0) - (runs.get(b.entry.run) ?? 0) || a.entry.segment - b.entry.segment;

  return {
    get lines() {
      return lines;
    },
    present,
    departed,
    apply(entry) {
      lines += 1;
      ordered = undefined;
      if (entry.kind === 'sealed') enter(entry);
      if (entry.kind === 'compressed')
        change(entry.from, { compressed: entry, file: entry.file, bytes: entry.bytes });
      if (entry.kind === 'received') change(entry.segment, { received: entry });
      if (entry.kind === 'deleted' || entry.kind === 'moved') depart(entry);
      if (entry.kind === 'gone') {
        begin(entry.run);
        gone.push(entry);
      }
      if (entry.kind === 'lost') {
        begin(entry.run);
        lost.push(entry);
      }
    },
    keep(line) {
      lines += 1;
      later.push(line);
    },
    oldestFirst() {
      ordered ??= [...present.values()].toSorted(isOlder);
      return ordered;
    },
    knows: (run) => runs.has(run),
    summary() {
      const settled = [...departed.values()].filter((departure) => departure.settled);
      const byRun = new Map<string, ManifestEntry[]>([...runs.keys()].map((run) => [run, []]));
      const add = (run: string, ...more: readonly ManifestEntry[]): void =>
        void byRun.get(run)?.push(...more);
      for (const range of joined([...gone, ...settled.flatMap(goneOf)])) add(range.run, range);
      for (const range of lost) add(range.run, range);
      for (const { segment, entry, settled: done } of departed.values())
        if (!done && segment !== undefined) add(segment.entry.run, ...linesOf(segment), entry);
      for (const segment of this.oldestFirst()) add(segment.entry.run, ...linesOf(segment));
      return [...[...byRun.values()].flat(), ...later];
    },
  };
}

const linesOf = ({ entry, compressed, received }: PresentSegment): readonly ManifestEntry[] =>
  [entry, compressed, received].filter((line) => line !== undefined);

function goneOf({ entry, segment }: Departure): readonly GoneEntry[] {
  if (segment === undefined) return [];
  const { run, segment: number, frames, bytes } = segment.entry;
  const how = entry.kind;
  return [{ kind: 'gone', run, from: number, to: number, how, frames, bytes, at: entry.at }];
}

/** Ranges that follow each other, and went the same way, as one. */
function joined(ranges: readonly GoneEntry[]): readonly GoneEntry[] {
  const all: GoneEntry[] = [];
  for (const range of ranges.toSorted((a, b) =>
    a.run === b.run ? a.from - b.from : a.run < b.run ? -1 : 1,
  )) {
    const last = all.at(-1);
    if (
      last === undefined ||
      last.run !== range.run ||
      last.to + 1 !== range.from ||
      last.how !== range.how
    ) {
      all.push(range);
      continue;
    }
    const { frames, bytes } = last;
    all[all.length - 1] = {
      ...range,
      from: last.from,
      frames: frames + range.frames,
      bytes: bytes + range.bytes,
    };
  }
  return all;
}
