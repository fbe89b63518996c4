/** The beginning of a frame of zstd of which a decoder skips so many bytes (RFC 8878, section 3.1.2). */
export function skippedFrame(bytes: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50, 0);
  head.writeUInt32LE(bytes, 4);
  return head;
}
