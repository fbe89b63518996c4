import type { HeaderRecord, Stamp } from '../../format/records.ts';
import { parseTimestamp } from '../../format/timestamp.ts';

/** Moves the zero of monotonic time to the first record that is kept, and puts runs on one line. */
export interface EditedTime {
  /** A segment starts. */
  segment(header: HeaderRecord): void;
  /** The stamp of a record that is kept; they are asked for in order. */
  stamp(record: Stamp): Stamp;
}

export function createEditedTime(): EditedTime {
  let segmentRun = '';
  let zero = 0;
  let run: string | undefined;
  let offset = 0;
  let last = 0;
  let startedAt: bigint | undefined;
  return {
    segment(header) {
      segmentRun = header.run;
      zero = header.mono ?? 0;
    },
    stamp({ at, mono }) {
      if (run !== segmentRun) {
        run = segmentRun;
        const wall = parseTimestamp(at) ?? 0n;
        startedAt ??= wall;
        // Between runs only the wall clock knows how much time went by.
        offset = Math.max(last, Number(wall - startedAt)) - (zero + mono);
      }
      last = Math.max(last, zero + mono + offset);
      return { at, mono: last };
    },
  };
}
