import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { files, read } from '../repository.ts';

/**
 * The folders of each package, from the top down: a file imports from its own folder and from those after it, types
 * included. `.` is the source folder itself.
 */
const layers: Readonly<Record<string, readonly string[]>> = {
  'packages/client/src': [
    '.',
    'streams',
    'engine',
    'options',
    'shard',
    'subscriptions',
    'transport',
    'model',
  ],
  'apps/recorder/src': [
    '.',
    'commands',
    'cli/completion',
    'cli',
    'record',
    'export',
    'inspect',
    'serve',
    'status/server',
    'status/metrics',
    'status/model',
    'events',
    'read',
    'output',
    'process',
  ],
  'packages/simulator/src': [
    '.',
    'edge',
    'playback',
    'exchange',
    'connection',
    'faults',
    'account',
    'ledger',
    'market',
    'model',
  ],
  'packages/capture/src': [
    '.',
    'node',
    'node/transform',
    'node/verify',
    'node/inspect',
    'node/replay',
    'node/write',
    'node/repair',
    'node/seal',
    'node/read',
    'node/segment',
    'node/folder',
    'node/lock',
    'node/fs',
    'node/system',
    'format',
    'json',
  ],
  'packages/auth/src': ['.', 'cli', 'token', 'key', 'model'],
  'packages/protocol/src': ['.', 'fast-path', 'fallback', 'model', 'messages', 'values'],
};

/** The most files that one folder is shown with. */
const FOLDER_LIMIT = 15;

const sourcesOf = (root: string): string[] =>
  files.filter((path) => path.startsWith(`${root}/`) && path.endsWith('.ts'));

/** The files of the same package that a file imports or re-exports, types included. */
const importsOf = (path: string): string[] =>
  [...read(path).matchAll(/\bfrom\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gu)].map((match) =>
    posix.join(posix.dirname(path), match[1] ?? match[2] ?? ''),
  );

const folderOf = (root: string, path: string): string => posix.dirname(posix.relative(root, path));

/** Every file that can be reached from one by imports. */
function reachableFrom(path: string): Set<string> {
  const reached = new Set<string>();
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const found = importsOf(next).filter((target) => !reached.has(target));
    for (const target of found) reached.add(target);
    open.push(...found);
  }
  return reached;
}

test.for(Object.entries(layers))('%s: imports run down the layers', ([root, order]) => {
  const upward = sourcesOf(root).flatMap((path) =>
    importsOf(path)
      .filter((target) => order.indexOf(folderOf(root, target)) < order.indexOf(folderOf(root, path)))
      .map((target) => `${path} imports ${target}`),
  );
  expect(upward).toEqual([]);
});

test.for(Object.entries(layers))(
  '%s: every folder is a layer and holds at most 15 files',
  ([root, order]) => {
    const counts = new Map<string, number>();
    for (const path of sourcesOf(root))
      counts.set(folderOf(root, path), (counts.get(folderOf(root, path)) ?? 0) + 1);
    expect([...counts.keys()].toSorted()).toEqual(order.toSorted());
    expect([...counts].filter(([, count]) => count > FOLDER_LIMIT)).toEqual([]);
  },
);

test.for(Object.keys(layers))('%s: no file imports itself by way of others', (root) => {
  expect(sourcesOf(root).filter((path) => reachableFrom(path).has(path))).toEqual([]);
});
