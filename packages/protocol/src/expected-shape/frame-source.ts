/** The frame being read. Positions count from the start of its ArrayBuffer. */
export interface FrameSource {
  bytes: Uint8Array;
  view: DataView;
  /** Where the frame starts, and one past its last byte. */
  start: number;
  end: number;
}

const NO_BYTES = new ArrayBuffer(0);
const CLOSING_BRACE = 0x7d;

/** A larger buffer than this is not kept alive until the next frame. */
const LARGEST_KEPT_BUFFER = 1 << 20;

/** Frames up to this size are copied before they are read. */
const COPY_BYTES = 1 << 16;

// Shared by all sources: each is used by one synchronous call after the other.
const copy = new Uint8Array(COPY_BYTES);
const copyView = new DataView(copy.buffer);

/** Positions are kept as 32-bit integers. */
const LARGEST_POSITION = 2 ** 31 - 1;

/** A source to be used for one frame after the other. */
export function newFrameSource(): FrameSource {
  return { bytes: new Uint8Array(NO_BYTES), view: new DataView(NO_BYTES), start: 0, end: 0 };
}

/**
 * Lets a source read a frame; false where it cannot be read at all. A socket hands out many frames of one buffer, so
 * the views of the last buffer serve again.
 */
export function readFrom(source: FrameSource, frame: Uint8Array): boolean {
  const { buffer, byteOffset, length } = frame;
  if (byteOffset + length > LARGEST_POSITION) return false;
  if (source.bytes.buffer !== buffer) {
    source.bytes = new Uint8Array(buffer);
    source.view = new DataView(buffer);
  }
  source.start = byteOffset;
  source.end = byteOffset + length;
  return true;
}

/**
 * {@link readFrom} for a scan of the whole frame: a small one is copied first, to memory that is in the processor's
 * cache and never needs new views, whatever buffer the frame came in. The copy brings the frame into the cache, which
 * the scan would have to wait for anyway.
 */
export function copyFrom(source: FrameSource, frame: Uint8Array): boolean {
  const { length } = frame;
  if (length > COPY_BYTES) return readFrom(source, frame);
  copy.set(frame);
  source.bytes = copy;
  source.view = copyView;
  source.start = 0;
  source.end = length;
  return true;
}

/**
 * Whether the last byte is a brace: every scan over a decimal ends there at the latest. Asked after the envelope,
 * because a frame is read from its start and its end may not have come from memory yet.
 */
export function endsWithBrace({ bytes, end }: FrameSource): boolean {
  return bytes[end - 1] === CLOSING_BRACE;
}

/** Lets go of a large frame's memory. */
export function letGo(source: FrameSource): void {
  if (source.bytes.length <= LARGEST_KEPT_BUFFER) return;
  source.bytes = new Uint8Array(NO_BYTES);
  source.view = new DataView(NO_BYTES);
}
