import type { CapturedFrame } from '@feedtape/capture/node';

/** What the front of a frame says, as far as it says so the usual way. */
export interface FrameParts {
  readonly channel: string | undefined;
  readonly product: string | undefined;
  readonly sequence: number | undefined;
  readonly timestamp: string | undefined;
  readonly isSnapshot: boolean;
  /** Where `,"events":[` begins; -1 in a frame without. */
  readonly eventsAt: number;
}

const FRONT_BYTES = 512;

type RecordedBytes = Pick<CapturedFrame, 'bytes' | 'binary'>;

/** Reads the front of a recorded frame without parsing it: a 5 MB snapshot costs what a small frame does. */
export function takeApart({ bytes, binary }: RecordedBytes): FrameParts {
  const front = bufferOf(bytes).toString('latin1', 0, FRONT_BYTES);
  const eventsAt = binary || !front.startsWith('{"channel":"') ? -1 : front.indexOf(',"events":[');
  const sequence = /"sequence_num":(\d{1,15})[,}]/.exec(front)?.[1];
  const channel = /^\{"channel":"([a-z0-9_]{1,40})"/.exec(front)?.[1];
  const product = channel === 'status' ? /"id":"([A-Z0-9-]{1,40})"/ : /"product_id":"([A-Z0-9-]{1,40})"/;
  return {
    channel,
    product: product.exec(front)?.[1],
    sequence: sequence === undefined ? undefined : Number(sequence),
    timestamp: /"timestamp":"([0-9TZ:.-]{20,30})"/.exec(front)?.[1],
    isSnapshot: eventsAt !== -1 && front.startsWith(',"events":[{"type":"snapshot"', eventsAt),
    eventsAt,
  };
}

/** The frame before and from `,"events":[`, one character a byte; undefined for a frame without. */
export function splitAtEvents(
  { bytes }: Pick<CapturedFrame, 'bytes'>,
  { eventsAt }: FrameParts,
): { readonly head: string; readonly tail: string } | undefined {
  if (eventsAt === -1) return undefined;
  const buffer = bufferOf(bytes);
  return { head: buffer.toString('latin1', 0, eventsAt), tail: buffer.toString('latin1', eventsAt) };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
