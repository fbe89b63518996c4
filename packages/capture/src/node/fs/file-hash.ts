import { createHash } from 'node:crypto';
import { CaptureError } from '../../format/error.ts';
import { MAX_ZERO_BYTES } from './limits.ts';
import { ioError } from './file-system.ts';
import { streamToRead } from './read-only.ts';

/**
 * Size and hash of a file as it is on disk, read at constant memory. A hole of a terabyte takes no room there, and
 * would take an hour.
 *
 * @throws CaptureError `CAPTURE_LIMIT` for a hole that no line has room for, `CAPTURE_UNSAFE`, `CAPTURE_IO`
 */
export async function hashOfFile(path: string, signal?: AbortSignal): Promise<FileHash> {
  const hash = createHash('sha256');
  let bytes = 0;
  let zeros = 0;
  try {
    for await (const chunk of streamToRead(path) as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
      zeros = isZero(chunk) ? zeros + chunk.length : 0;
      if (zeros > MAX_ZERO_BYTES) {
        throw new CaptureError('CAPTURE_LIMIT', { path, what: 'zero bytes in a row', most: MAX_ZERO_BYTES });
      }
    }
  } catch (error) {
    throw signal?.aborted === true ? error : ioError('read', path, error);
  }
  return { sha256: hash.digest('hex'), bytes };
}

const ZEROS = Buffer.alloc(256 * 1024);

const isZero = (chunk: Buffer): boolean =>
  chunk.length <= ZEROS.length && chunk.equals(ZEROS.subarray(0, chunk.length));

export interface FileHash {
  readonly sha256: string;
  readonly bytes: number;
}
