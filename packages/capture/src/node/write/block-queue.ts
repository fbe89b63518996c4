import { createBlock, pendingBytes } from '../segment/block.ts';
import type { Block } from '../segment/block.ts';
import { releaseMemory } from '../system/released-memory.ts';
import type { SegmentZero } from '../segment/stamp-clock.ts';

/** The largest block; a queue of 4 MiB or less has blocks of a sixteenth of it. */
const BLOCK_BYTES = 256 * 1024;
const BLOCKS_A_QUEUE = 16;
/** Blocks kept for reuse; what a burst, or a line that is longer than a block, needs beyond them is given back. */
const SPARE_BLOCKS = 64;
/** As many blocks as go into one write: a turn of the event loop can bring more than one of them. */
const BLOCKS_A_WRITE = 16;
/** Behind this many waiting items, a block that is closed with more than an eighth to spare is cut to size. */
const ITEMS_UNTIL_CUT = 4;
/** Approximate memory of a queued rotation, in bytes. */
const ROTATION_BYTES = 256;

/** The next item of the write loop: a block to write, or a rotation to a new segment. */
export type QueueItem =
  | { readonly kind: 'block'; readonly block: Block }
  | { readonly kind: 'rotate'; readonly zero: SegmentZero; readonly connections: readonly number[] };

/**
 * The lines between `frame()` and the disk. The front fills one block in place. A full block joins the queue;
 * so does one whose time has come, but only when nothing else waits: a queue that waits needs no flush, and
 * blocks that are nearly empty would take far more memory than their lines. Blocks are used again, so that
 * recording allocates nothing per frame.
 */
export interface BlockQueue {
  /** A block with room for `bytes` more. */
  room(bytes: number): Block;
  /** Lets the write loop see the block being filled, as soon as everything before it is written. */
  flush(): void;
  rotate(zero: SegmentZero, connections: readonly number[]): void;
  first(): QueueItem | undefined;
  /** The blocks at the front, as many as go into one write. */
  firstBlocks(): readonly Block[];
  /** Removes the first item. A block returns to the queue and must not be used any more. */
  shift(): void;
  /** Bytes accepted and not yet written. */
  readonly queuedBytes: number;
  /** Memory that they take; spare blocks, at most 16 MiB, come on top. */
  readonly heldBytes: number;
  /** `bytes` of the first blocks have been written. */
  wrote(bytes: number): void;
}

export function createBlockQueue(maxQueuedBytes: number, onItem: () => void): BlockQueue {
  const blockBytes = Math.min(BLOCK_BYTES, Math.max(4096, Math.floor(maxQueuedBytes / BLOCKS_A_QUEUE)));
  const items: QueueItem[] = [];
  const spare: Block[] = [];
  let filling: Block = createBlock(blockBytes);
  let closedBytes = 0;
  let closedMemory = 0;
  let flushDue = false;

  function next(bytes: number): Block {
    if (bytes > blockBytes) return createBlock(bytes);
    return spare.pop() ?? createBlock(blockBytes);
  }

  function recycle(block: Block): void {
    if (block.bytes.length !== blockBytes || spare.length === SPARE_BLOCKS) releaseMemory(block.bytes);
    else spare.push(emptied(block));
  }

  function push(item: QueueItem): void {
    items.push(item);
    closedMemory += memoryOf(item);
  }

  /** Ends the block being filled; the next one has room for `bytes`. */
  function close(bytes = 0): void {
    flushDue = false;
    const block = filling;
    if (pendingBytes(block) === 0) return;
    closedBytes += pendingBytes(block);
    const wasteful = items.length >= ITEMS_UNTIL_CUT && block.end < block.bytes.length * (7 / 8);
    push({ kind: 'block', block: wasteful ? cutToSize(block) : block });
    if (wasteful) recycle(block);
    filling = next(bytes);
  }

  return {
    room(bytes) {
      if (filling.end + bytes > filling.bytes.length) {
        const closes = pendingBytes(filling) > 0;
        close(bytes);
        // The block that was empty may still be too small for one very long line.
        if (bytes > filling.bytes.length) filling = createBlock(bytes);
        if (closes) onItem();
      }
      return filling;
    },
    flush() {
      if (pendingBytes(filling) === 0) return;
      flushDue = true;
      if (items.length === 0) onItem();
    },
    rotate(zero, connections) {
      close();
      push({ kind: 'rotate', zero, connections });
      onItem();
    },
    first() {
      if (items.length === 0 && flushDue) close();
      return items[0];
    },
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
      if (item === undefined) return;
      closedMemory -= memoryOf(item);
      if (item.kind !== 'block') return;
      closedBytes -= pendingBytes(item.block);
      recycle(item.block);
    },
    get queuedBytes() {
      return closedBytes + pendingBytes(filling);
    },
    get heldBytes() {
      return closedMemory + filling.end;
    },
    wrote(bytes) {
      closedBytes -= bytes;
    },
  };
}

function memoryOf(item: QueueItem): number {
  return item.kind === 'block' ? item.block.bytes.length : ROTATION_BYTES + item.connections.length * 8;
}

function emptied(block: Block): Block {
  return Object.assign(block, { from: 0, end: 0, lines: 0, frames: 0, gaps: 0, ends: [] });
}

/** The same lines in as much memory as they take. */
function cutToSize(block: Block): Block {
  const { bytes, end } = block;
  const cut = createBlock(end);
  cut.bytes.set(bytes.subarray(0, end));
  return { ...block, bytes: cut.bytes };
}
