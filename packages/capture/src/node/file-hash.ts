import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ioError } from './files.ts';

/** Size and hash of a file as it is on disk, read at constant memory. */
export async function hashOfFile(path: string): Promise<FileHash> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, {
      highWaterMark: 256 * 1024,
    }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw ioError('read', path, error);
  }
  return { sha256: hash.digest('hex'), bytes };
}

export interface FileHash {
  readonly sha256: string;
  readonly bytes: number;
}
