import { nodeFiles } from '#node/fs/node-file-system';
import type { Files, OpenFile } from '@feedtape/capture/node';

/** The real file system, which counts what is read of one file and stops at a gigabyte. */
export function countedFiles(path: string): { readonly files: Files; readonly bytes: () => number } {
  let bytes = 0;
  const files: Files = {
    ...nodeFiles,
    async open(name, flags, mode) {
      const file = await nodeFiles.open(name, flags, mode);
      if (name !== path) return file;
      const read = file.read.bind(file) as (...values: unknown[]) => Promise<{ bytesRead: number }>;
      const counted = async (...values: unknown[]): Promise<{ bytesRead: number }> => {
        const result = await read(...values);
        bytes += result.bytesRead;
        if (bytes > 2 ** 30) throw new Error('read on and on');
        return result;
      };
      return Object.assign(file, { read: counted as OpenFile['read'] });
    },
  };
  return { files, bytes: () => bytes };
}
