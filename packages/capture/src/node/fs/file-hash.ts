import { createHash } from 'node:crypto';
import { ioError } from './file-system.ts';
import { streamToRead } from './read-only.ts';

/** Size and hash of a file as it is on disk, read at constant memory. */
export async function hashOfFile(path: string, signal?: AbortSignal): Promise<FileHash> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of streamToRead(path) as AsyncIterable<Buffer>) {
      signal?.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (error) {
    throw signal?.aborted === true ? error : ioError('read', path, error);
  }
  return { sha256: hash.digest('hex'), bytes };
}

export interface FileHash {
  readonly sha256: string;
  readonly bytes: number;
}
