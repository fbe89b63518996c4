import { readFileSync } from 'node:fs';

/**
 * The size that a file of this process may not grow beyond (`ulimit -f`); `Infinity` when there is no limit, or
 * no way to know it: then a write fails with EFBIG.
 */
export function fileSizeLimit(): number {
  try {
    const [, bytes] = /^Max file size +(\d+)/mu.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return bytes === undefined ? Number.POSITIVE_INFINITY : Number(bytes);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
