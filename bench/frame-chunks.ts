const CHUNK_BYTES = 64 * 1024;

/**
 * Frames laid out as a socket hands them out: many views into one chunk of 64 KiB, a large frame in a buffer of its
 * own. A decoder that allocates something for every ArrayBuffer shows it here.
 */
export function inChunks(texts: Iterable<string>): Buffer[] {
  const frames: Buffer[] = [];
  let chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  let used = 0;
  for (const text of texts) {
    if (text.length > CHUNK_BYTES) {
      frames.push(Buffer.from(text, 'latin1'));
      continue;
    }
    if (used + text.length > CHUNK_BYTES) {
      chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      used = 0;
    }
    chunk.write(text, used, 'latin1');
    frames.push(chunk.subarray(used, used + text.length));
    used += text.length;
  }
  return frames;
}
