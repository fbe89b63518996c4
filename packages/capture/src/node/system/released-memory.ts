/**
 * Frees the memory of a buffer at once; its ArrayBuffer must not be used any more. Left to the garbage collector, some
 * 10 MB of such memory trigger a full collection.
 */
export function releaseMemory({ buffer }: Buffer): void {
  (buffer as ArrayBuffer & { transfer(bytes: number): ArrayBuffer }).transfer(0);
}
