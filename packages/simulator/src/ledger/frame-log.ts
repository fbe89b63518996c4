import type { LedgerEntry, PlainFrame } from './ledger-entry.ts';

/** The newest entries of a connection, up to a limit; older ones are evicted and counted. */
export interface FrameLog {
  forgotten(): number;
  addPlain(frame: PlainFrame): void;
  add(entry: LedgerEntry): void;
  /** Oldest first. */
  entries(): LedgerEntry[];
  /** Discards all entries, present and future. */
  close(): void;
}

const FIRST_CAPACITY = 32;
const NO_FAULTS: readonly string[] = [];

/**
 * Almost every frame is a plain one, hundreds of thousands per second: kept as numbers in columns, which the garbage
 * collector does not scan. Every other entry is an object beside its place.
 */
export function createFrameLog(mostEntries: number): FrameLog {
  let limit = mostEntries;
  let capacity = Math.min(limit, FIRST_CAPACITY);
  let generated = new Float64Array(capacity);
  let sequences = new Float64Array(capacity);
  let lengths = new Uint32Array(capacity);
  let sums = new Uint32Array(capacity);
  let channels = new Uint16Array(capacity);
  const names: string[] = [];
  const others = new Map<number, LedgerEntry>();
  let count = 0;

  const grow = (): void => {
    capacity = Math.min(limit, capacity * 2);
    generated = grown(generated, new Float64Array(capacity));
    sequences = grown(sequences, new Float64Array(capacity));
    lengths = grown(lengths, new Uint32Array(capacity));
    sums = grown(sums, new Uint32Array(capacity));
    channels = grown(channels, new Uint16Array(capacity));
  };
  /** The place of the next entry; in a full log, that of the oldest. */
  const nextPlace = (): number => {
    if (count === capacity && capacity < limit) grow();
    const place = count % capacity;
    if (count >= limit) others.delete(place);
    count += 1;
    return place;
  };
  const channelNumber = (name: string): number => {
    const known = names.indexOf(name);
    return known === -1 ? names.push(name) - 1 : known;
  };
  const entryAt = (place: number): LedgerEntry =>
    others.get(place) ?? {
      kind: 'sent',
      generated: generated[place] ?? 0,
      copy: 0,
      sequence: sequences[place],
      channel: names[channels[place] ?? 0],
      byteLength: lengths[place] ?? 0,
      crc32: sums[place] ?? 0,
      binary: false,
      changed: false,
      faults: NO_FAULTS,
    };

  return {
    forgotten: () => Math.max(0, count - limit),
    addPlain(frame) {
      if (limit === 0) {
        count += 1;
        return;
      }
      const place = nextPlace();
      generated[place] = frame.generated;
      sequences[place] = frame.sequence;
      lengths[place] = frame.byteLength;
      sums[place] = frame.crc32;
      channels[place] = channelNumber(frame.channel);
    },
    add(entry) {
      if (limit === 0) count += 1;
      else others.set(nextPlace(), entry);
    },
    close() {
      limit = 0;
      capacity = 0;
      [generated, sequences] = [new Float64Array(0), new Float64Array(0)];
      [lengths, sums, channels] = [new Uint32Array(0), new Uint32Array(0), new Uint16Array(0)];
      others.clear();
    },
    entries() {
      const kept = Math.min(count, limit);
      return Array.from({ length: kept }, (_, index) => entryAt((count - kept + index) % capacity));
    },
  };
}

function grown<T extends Float64Array | Uint32Array | Uint16Array>(column: T, larger: T): T {
  larger.set(column);
  return larger;
}
