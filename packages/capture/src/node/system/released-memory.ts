/**
 * Gives the memory of a buffer back at once; nobody may look at it, or at anything else in the same ArrayBuffer, any
 * more. As garbage, some ten MB of such memory make the collector go through all of the heap.
 */
export function releaseMemory({ buffer }: Buffer): void {
  (buffer as ArrayBuffer & { transfer(bytes: number): ArrayBuffer }).transfer(0);
}
