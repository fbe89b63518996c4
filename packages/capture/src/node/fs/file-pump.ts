import { addAbortSignal } from 'node:stream';
import type { Duplex } from 'node:stream';
import { CHUNK_BYTES } from '../system/codecs.ts';
import type { Files } from './file-system.ts';
import { releaseMemory } from '../system/released-memory.ts';

/** Calls `sink` with each piece of a file. The pieces share one buffer. */
export async function readPieces(
  files: Pick<Files, 'open'>,
  path: string,
  sink: (piece: Buffer) => Promise<void> | void,
): Promise<void> {
  const source = await files.open(path, 'r');
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  try {
    for (let position = 0; ;) {
      const { bytesRead } = await source.read(chunk, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      await sink(chunk.subarray(0, bytesRead));
    }
  } finally {
    await source.close();
  }
}

export interface PumpOptions {
  readonly codec: Duplex;
  readonly signal?: AbortSignal;
  /** Called with each piece of the file, before the codec takes it. */
  readonly onRead?: (piece: Buffer) => void;
  readonly sink: (piece: Buffer) => Promise<void> | void;
}

/**
 * Sends a file through a codec: a stream of its own would take fresh memory for every read, which costs more. Ends with
 * the first piece that the codec refuses.
 */
export async function pumpFile(
  files: Pick<Files, 'open'>,
  path: string,
  { codec, signal, onRead, sink }: PumpOptions,
): Promise<void> {
  // A codec that is destroyed does not call back for the piece that it was about to take in.
  const closed = new Promise<never>((_, reject) => {
    codec.once('close', () => reject(new Error('the codec was closed')));
  });
  closed.catch(() => undefined);
  // Without a listener, an error about bytes after the end of the compressed text would be uncaught.
  codec.on('error', () => undefined);
  let ended = false;
  const feed = async (): Promise<void> => {
    await readPieces(files, path, async (piece) => {
      // A terabyte of zeros may follow, which takes no room.
      if (ended) throw new Error('more follows the end of the compressed text');
      onRead?.(piece);
      // Called back when the codec has taken the piece in, so that its memory may be filled again.
      const taken = new Promise<void>((resolve, reject) => {
        codec.write(piece, (error) => (error ? reject(error) : resolve()));
      });
      await Promise.race([taken, closed]);
    });
    codec.end();
  };
  const drain = async (): Promise<void> => {
    const pieces: AsyncIterable<Buffer> = signal === undefined ? codec : addAbortSignal(signal, codec);
    for await (const piece of pieces) {
      await sink(piece);
      release(piece);
    }
    ended = true;
  };
  const feeding = feed();
  try {
    await Promise.all([feeding, drain()]);
  } finally {
    codec.destroy();
    await feeding.catch(() => undefined);
  }
}

/** Smaller pieces may share their memory with others. */
function release(piece: Buffer): void {
  if (piece.length === CHUNK_BYTES && piece.buffer.byteLength === CHUNK_BYTES) releaseMemory(piece);
}
