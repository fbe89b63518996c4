import { frameBytes } from '../../format/payload.ts';
import type { CaptureRecord, GapReason, GapRecord, Payload, Stamp } from '../../format/records.ts';
import { recordsIn } from '../segment/block.ts';
import type { Block } from '../segment/block.ts';
import type { BlockQueue } from './block-queue.ts';
import { dropGap } from './drop-counter.ts';
import type { DropCounter } from './drop-counter.ts';
import type { SegmentZero } from '../segment/stamp-clock.ts';

/** A record that was queued and not written; `at` is its time, `mono` counts from the zero of the run. */
type Kept = Exclude<CaptureRecord, { readonly kind: 'header' | 'checkpoint' | 'end' }>;

/**
 * Records that no segment holds yet: the numbers of dropped frames, and the other records
 * that were queued when the queue had to be emptied.
 */
export interface UnstatedRecords {
  readonly due: boolean;
  /** Empties the queue, whose first block belongs to a segment with this zero. */
  discardQueue(queue: BlockQueue, zero: SegmentZero): void;
  /**
   * Takes everything as records of a segment with this zero, in the order of time: what was kept, then a gap
   * for each range of dropped frames.
   */
  take(zero: SegmentZero, stamp: Stamp, why: GapReason): readonly CaptureRecord[];
  /** Takes back the part that could not be written. */
  restore(block: Block, zero: SegmentZero): void;
}

export function createUnstatedRecords(drops: DropCounter): UnstatedRecords {
  let kept: Kept[] = [];

  function add(record: CaptureRecord, zero: SegmentZero): void {
    if (record.kind === 'frame') {
      drops.count(record.connection, record.index, frameBytes(record).length);
    } else if (record.kind === 'gap' && isDrop(record)) {
      const { connection, from, to, bytes } = record;
      drops.restate({ connection, from, to, bytes: Number(bytes) });
    } else if ('mono' in record && record.kind !== 'header') {
      kept.push({ ...record, ...payloadOf(record), mono: zero.mono + record.mono });
    }
  }

  return {
    get due() {
      return drops.pending || kept.length > 0;
    },
    discardQueue(queue, first) {
      let zero = first;
      for (let item = queue.first(); item !== undefined; item = queue.first()) {
        if (item.kind === 'block') for (const record of recordsIn(item.block)) add(record, zero);
        else ({ zero } = item);
        queue.shift();
      }
    },
    take(zero, stamp, why) {
      const records: CaptureRecord[] = kept.map((record) => ({ ...record, mono: record.mono - zero.mono }));
      kept = [];
      for (const dropped of drops.take()) records.push(dropGap(dropped, stamp, why));
      return records;
    },
    restore(block, zero) {
      for (const record of recordsIn(block)) add(record, zero);
    },
  };
}

/** Of its own memory, since that of a block is used again. */
function payloadOf(record: CaptureRecord): Pick<Payload, 'payload'> | undefined {
  return record.kind === 'sent' ? { payload: Uint8Array.from(record.payload) } : undefined;
}

interface DropRecord extends GapRecord {
  readonly connection: number;
  readonly from: number;
  readonly to: number;
}

/** A gap that the writer itself made of dropped frames. */
function isDrop(gap: GapRecord): gap is DropRecord {
  const { connection, why, from, to, count } = gap;
  const own = why === 'backpressure' || why === 'disk_full';
  return own && connection !== null && from !== undefined && to !== undefined && count !== null;
}
