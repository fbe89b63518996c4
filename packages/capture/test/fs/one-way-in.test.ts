import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const sources = join(import.meta.dirname, '../../src');

/** The modules that may open a name in a capture folder, and those that open something else, and what. */
const MAY: Readonly<Record<string, string>> = {
  'node/fs/node-file-system.ts': 'names in a capture folder, for the writer and repair',
  'node/fs/read-only.ts': 'names in a capture folder, for everything that only reads',
  'node/fs/pinned-folder.ts': 'the folder itself, which the user named',
  'node/fs/file-check.ts': 'only constants',
  'node/read/byte-source.ts': 'only what read-only.ts opened',
  'node/folder/copy-choice.ts': 'only what read-only.ts opened',
  'node/folder/list-files.ts': 'only the names that match a pattern',
  'node/lock/unfinished.ts': 'only outputs under the names that it gives',
  'node/transform/write-capture-file.ts': 'a new file that the user named',
  'node/read/folder-changes.ts': 'only whether something changed',
  'node/folder/folder-listing.ts': 'only the names in a folder',
  'node/read/follow-segments.ts': 'only what read-only.ts opened',
  'node/system/file-size-limit.ts': '/proc/self/limits',
  'node/system/processes.ts': '/proc/PID/stat',
};

test('only these modules of the package reach for the file system', () => {
  const reaching = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .map((name) => join(sources, name))
    .filter((path) => path.endsWith('.ts'))
    .filter((path) => /^import (?!type\b)[^;]*'node:fs(?:\/promises)?'/mu.test(readFileSync(path, 'utf8')))
    .map((path) => relative(sources, path));
  expect(reaching.toSorted()).toEqual(Object.keys(MAY).toSorted());
});
