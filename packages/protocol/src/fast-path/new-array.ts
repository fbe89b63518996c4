/** An array of a given length, all items to be set: growing it step by step costs more than building an item. */
export function newArray<Item>(length: number): Item[] {
  // oxlint-disable-next-line unicorn/no-new-array -- Array.from({ length }) would fill it first
  return new Array<Item>(length);
}
