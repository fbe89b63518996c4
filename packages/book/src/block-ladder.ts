import type { Ladder } from './ladder.ts';

const CAPACITY = 256;
/** How full a loaded block is: room for new levels keeps a book from splitting every block in its first second. */
const LOADED = 192;
const SPARSE = CAPACITY / 4;

/** Keys ascending in the first half of the cells, the size of each in the second half. */
interface Block {
  readonly cells: Float64Array;
  count: number;
}

const emptyBlock = (): Block => ({ cells: new Float64Array(CAPACITY * 2), count: 0 });

/** A ladder over exact integers in doubles: sorted blocks of typed arrays, about 23 bytes a level. */
export class BlockLadder implements Ladder<number> {
  #blocks: Block[] = [];
  #levels = 0;

  get levels(): number {
    return this.#levels;
  }

  get bestKey(): number | undefined {
    const last = this.#blocks.at(-1);
    return last?.cells[last.count - 1];
  }

  get bestSize(): number | undefined {
    const last = this.#blocks.at(-1);
    return last?.cells[CAPACITY + last.count - 1];
  }

  set(key: number, size: number): void {
    if (this.#blocks.length === 0) this.#blocks.push(emptyBlock());
    const index = this.#blockOf(key);
    const block = this.#blocks[index]!;
    const position = positionIn(block, key);
    if (position < block.count && block.cells[position] === key) {
      block.cells[CAPACITY + position] = size;
      return;
    }
    this.#levels += 1;
    if (block.count < CAPACITY) insert(block, position, key, size);
    else this.#splitAndInsert(index, position, key, size);
  }

  delete(key: number): void {
    if (this.#blocks.length === 0) return;
    const index = this.#blockOf(key);
    const block = this.#blocks[index]!;
    const position = positionIn(block, key);
    if (position === block.count || block.cells[position] !== key) return;
    const { cells, count } = block;
    cells.copyWithin(position, position + 1, count);
    cells.copyWithin(CAPACITY + position, CAPACITY + position + 1, CAPACITY + count);
    block.count -= 1;
    this.#levels -= 1;
    if (block.count < SPARSE) this.#thin(index);
  }

  *entries(): Generator<readonly [number, number], void, void> {
    for (let index = this.#blocks.length - 1; index >= 0; index -= 1) {
      const { cells, count } = this.#blocks[index]!;
      for (let position = count - 1; position >= 0; position -= 1)
        yield [cells[position]!, cells[CAPACITY + position]!];
    }
  }

  /** Replaces all levels by ones with strictly ascending keys. */
  load(keys: Float64Array, sizes: Float64Array, levels: number): void {
    this.#blocks = [];
    this.#levels = levels;
    for (let from = 0; from < levels; from += LOADED) {
      const block = emptyBlock();
      block.count = Math.min(LOADED, levels - from);
      block.cells.set(keys.subarray(from, from + block.count));
      block.cells.set(sizes.subarray(from, from + block.count), CAPACITY);
      this.#blocks.push(block);
    }
  }

  /** The magnitudes of the largest key and size, which limit a change of scale. */
  largest(): { key: number; size: number } {
    let key = 0;
    let size = 0;
    for (const { cells, count } of this.#blocks) {
      key = Math.max(key, Math.abs(cells[0]!), Math.abs(cells[count - 1]!));
      for (let position = 0; position < count; position += 1)
        size = Math.max(size, cells[CAPACITY + position]!);
    }
    return { key, size };
  }

  /** Multiplies all keys and sizes; the caller ensures that they stay exact. */
  scale(keyFactor: number, sizeFactor: number): void {
    for (const { cells, count } of this.#blocks) {
      for (let position = 0; position < count; position += 1) {
        cells[position]! *= keyFactor;
        cells[CAPACITY + position]! *= sizeFactor;
      }
    }
  }

  /** The last block that starts at or below the key, or the first one. */
  #blockOf(key: number): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length - 1;
    if (blocks[high]!.cells[0]! <= key) return high;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (blocks[middle]!.cells[0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #splitAndInsert(index: number, position: number, key: number, size: number): void {
    const lower = this.#blocks[index]!;
    const upper = emptyBlock();
    const half = CAPACITY / 2;
    upper.count = CAPACITY - half;
    lower.count = half;
    upper.cells.set(lower.cells.subarray(half, CAPACITY));
    upper.cells.set(lower.cells.subarray(CAPACITY + half), CAPACITY);
    this.#blocks.splice(index + 1, 0, upper);
    if (position <= half) insert(lower, position, key, size);
    else insert(upper, position - half, key, size);
  }

  /** Drops an empty block and merges a sparse one into a neighbour with room, which bounds memory per level. */
  #thin(index: number): void {
    const { count } = this.#blocks[index]!;
    if (count === 0) {
      this.#blocks.splice(index, 1);
      return;
    }
    const room = LOADED - count;
    if (index > 0 && this.#blocks[index - 1]!.count <= room) this.#join(index - 1);
    else if (index + 1 < this.#blocks.length && this.#blocks[index + 1]!.count <= room) this.#join(index);
  }

  #join(index: number): void {
    const lower = this.#blocks[index]!;
    const upper = this.#blocks[index + 1]!;
    lower.cells.set(upper.cells.subarray(0, upper.count), lower.count);
    lower.cells.set(upper.cells.subarray(CAPACITY, CAPACITY + upper.count), CAPACITY + lower.count);
    lower.count += upper.count;
    this.#blocks.splice(index + 1, 1);
  }
}

/** The index of a key in its block, or where it would be inserted. */
function positionIn(block: Block, key: number): number {
  const { cells } = block;
  let low = 0;
  let high = block.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cells[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(block: Block, position: number, key: number, size: number): void {
  const { cells, count } = block;
  cells.copyWithin(position + 1, position, count);
  cells.copyWithin(CAPACITY + position + 1, CAPACITY + position, CAPACITY + count);
  cells[position] = key;
  cells[CAPACITY + position] = size;
  block.count += 1;
}
