import { createHash } from 'node:crypto';
import type { CheckpointRecord, EndRecord } from '../../format/records.ts';
import type { LineBlock } from '../read/line-blocks.ts';
import type { FindingPlace, Findings } from './finding.ts';

/** The running hash of a segment's text, compared with what its lines say of the bytes before them. */
export interface TextHash {
  /** Compares `record`, whose line is at `place` in `block`, with the bytes before it. */
  compare(record: CheckpointRecord | EndRecord, place: FindingPlace, block: LineBlock): void;
  /** To be called when a block has been looked through. */
  add(block: LineBlock): void;
  readonly bytes: number;
  /** Over everything. */
  digest(): string;
}

export function createTextHash(findings: Findings): TextHash {
  const hash = createHash('sha256');
  let hashed = 0;
  /** Up to here a hash in the file has proved the bytes. */
  let proved = 0;
  let damaged = false;

  return {
    compare({ kind, sha256 }, { file, line, from }, { bytes, offset }) {
      hash.update(bytes.subarray(hashed - offset, from - offset));
      hashed = from;
      if (hash.copy().digest('hex') === sha256) {
        proved = from;
        return;
      }
      // Only the first wrong hash says where the damage is: it is in all that follow, too.
      if (damaged) return;
      damaged = true;
      const message = `the bytes ${proved} to ${from} are not the ones whose hash line ${line} holds`;
      findings.add(kind, { file, from: proved, to: from }, message);
    },
    add({ bytes, offset }) {
      hash.update(bytes.subarray(hashed - offset));
      hashed = offset + bytes.length;
    },
    get bytes() {
      return hashed;
    },
    digest: () => hash.digest('hex'),
  };
}
