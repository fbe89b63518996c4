import { readdir } from 'node:fs/promises';
import { parseSegmentName } from '../../format/segment-name.ts';
import { ioError } from '../fs/file-system.ts';

/** Listings of a folder in which segments are missing, until they are believed to be missing. */
const MOST_LISTINGS = 5;

/**
 * The names in a folder. A listing is no snapshot: of a segment that is sealed or compressed while it goes on, it may
 * have neither name. So a folder with a hole in one of its runs is listed again, until the hole stays; names that
 * have gone meanwhile are then still among them.
 */
export async function listNames(
  folder: string,
  list: (folder: string) => Promise<readonly string[]> = namesIn,
): Promise<readonly string[]> {
  const names = new Set<string>();
  let holes = Number.POSITIVE_INFINITY;
  for (let listing = 1; listing <= MOST_LISTINGS; listing += 1) {
    for (const name of await list(folder)) names.add(name);
    const left = holesIn(names);
    if (left === 0 || left === holes) break;
    holes = left;
  }
  return [...names];
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw ioError('readdir', folder, error);
  }
}

/** How many segments are missing between those of each run. */
function holesIn(names: Iterable<string>): number {
  const runs = new Map<string, Set<number>>();
  for (const name of names) {
    const { run, segment } = parseSegmentName(name) ?? {};
    if (run === undefined || segment === undefined) continue;
    const numbers = runs.get(run) ?? new Set();
    runs.set(run, numbers.add(segment));
  }
  let holes = 0;
  for (const numbers of runs.values()) {
    const sorted = [...numbers].toSorted((a, b) => a - b);
    holes += (sorted.at(-1) ?? 0) - (sorted[0] ?? 0) + 1 - sorted.length;
  }
  return holes;
}
