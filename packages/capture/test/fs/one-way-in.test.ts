import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const sources = join(import.meta.dirname, '../src');

/** The modules that may open a name in a capture folder, and those that open something else, and what. */
const MAY: Readonly<Record<string, string>> = {
  'node/node-files.ts': 'names in a capture folder, for the writer and repair',
  'node/read-only.ts': 'names in a capture folder, for everything that only reads',
  'node/pinned-folder.ts': 'the folder itself, which the user named',
  'node/file-check.ts': 'only constants',
  'node/byte-source.ts': 'only what read-only.ts opened',
  'node/capture-files.ts': 'only the names that match a pattern',
  'node/derived-file.ts': 'a new file that the user named',
  'node/folder-changes.ts': 'only whether something changed',
  'node/folder-listing.ts': 'only the names in a folder',
  'node/follow-segments.ts': 'only what read-only.ts opened',
  'node/file-size-limit.ts': '/proc/self/limits',
  'node/processes.ts': '/proc/PID/stat',
};

test('only these modules of the package reach for the file system', () => {
  const reaching = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .map((name) => join(sources, name))
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => /^import (?!type\b)[^;]*'node:fs(?:\/promises)?'/mu.test(readFileSync(path, 'utf8')))
    .map((path) => relative(sources, path));
  expect(reaching.toSorted()).toEqual(Object.keys(MAY).toSorted());
});
