import { createBlock, pendingBytes } from './block.ts';
import type { Block } from './block.ts';
import { releaseMemory } from './released-memory.ts';
import type { SegmentZero } from './timekeeper.ts';

const BLOCK_BYTES = 256 * 1024;
/** Blocks kept for reuse; what a burst, or a line that is longer than a block, needs beyond them is given back. */
const SPARE_BLOCKS = 64;
/** As many blocks as go into one write: a turn of the event loop can bring more than one of them. */
const BLOCKS_A_WRITE = 16;

/** What the write loop does next: write blocks, or go on in a new segment. */
export type QueueItem =
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'rotate'; readonly zero: SegmentZero; readonly connections: readonly number[] };

/**
 * The lines between `frame()` and the disk. The front fills one block in place; a full block, or one whose
 * time has come, joins the queue. Blocks are used again, so that recording allocates nothing per frame.
 */
export interface BlockQueue {
  /** A block with room for `bytes` more. */
  room(bytes: number): Block;
  /** Closes the block being filled, so that the write loop gets to see it. */
  flush(): void;
  rotate(zero: SegmentZero, connections: readonly number[]): void;
  first(): QueueItem | undefined;
  /** The blocks at the front, as many as go into one write. */
  firstBlocks(): readonly Block[];
  /** Takes the first item off. A block is the queue's again: nobody may look at it any more. */
  shift(): void;
  /** Bytes accepted and not yet written. */
  readonly queuedBytes: number;
  /** `bytes` of the first blocks have been written. */
  wrote(bytes: number): void;
}

export function createBlockQueue(onItem: () => void): BlockQueue {
  const items: QueueItem[] = [];
  const spare: Block[] = [];
  let filling: Block = createBlock(BLOCK_BYTES);
  let closedBytes = 0;

  function next(bytes: number): Block {
    if (bytes > BLOCK_BYTES) return createBlock(bytes);
    return spare.pop() ?? createBlock(BLOCK_BYTES);
  }

  function flush(nextBytes = 0): void {
    const bytes = pendingBytes(filling);
    if (bytes === 0) return;
    closedBytes += bytes;
    items.push({ kind: 'block', block: filling });
    filling = next(nextBytes);
    onItem();
  }

  return {
    room(bytes) {
      if (filling.end + bytes > filling.bytes.length) {
        flush(bytes);
        // The block that was empty may still be too small for one very long line.
        if (bytes > filling.bytes.length) filling = createBlock(bytes);
      }
      return filling;
    },
    flush: () => flush(),
    rotate(zero, connections) {
      flush();
      items.push({ kind: 'rotate', zero, connections });
      onItem();
    },
    first: () => items[0],
    firstBlocks() {
      const blocks: Block[] = [];
      for (const item of items) {
        if (item.kind !== 'block' || blocks.length === BLOCKS_A_WRITE) break;
        blocks.push(item.block);
      }
      return blocks;
    },
    shift() {
      const item = items.shift();
      if (item?.kind !== 'block') return;
      const { block } = item;
      closedBytes -= pendingBytes(block);
      if (block.bytes.length !== BLOCK_BYTES || spare.length === SPARE_BLOCKS) {
        releaseMemory(block.bytes);
        return;
      }
      spare.push(Object.assign(block, { from: 0, end: 0, lines: 0, frames: 0, gaps: 0 }));
    },
    get queuedBytes() {
      return closedBytes + pendingBytes(filling);
    },
    wrote(bytes) {
      closedBytes -= bytes;
    },
  };
}
