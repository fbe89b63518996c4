import { expect, test } from 'vitest';
import { files, read } from '../repository.ts';

/**
 * This table is the architecture: what the sources of each room may import besides themselves.
 * A new entry needs a decision record. `node:*` stands for any builtin.
 */
const arrows: Readonly<Record<string, readonly string[]>> = {
  'packages/sequencer/src': [],
  'packages/protocol/src': ['zod'],
  'packages/book/src': ['@feedtape/protocol'],
  'packages/auth/src': ['jose', 'node:*'],
  'packages/capture/src/node': ['node:*'],
  'packages/capture/src': [],
  'packages/client/src': ['@feedtape/protocol', '@feedtape/sequencer', 'ws', 'node:*'],
  'packages/simulator/src': ['@feedtape/capture', '@feedtape/capture/node', 'ws', 'node:*'],
};

const importPattern =
  /^(?:import|export)\b[^;'"]*?from\s+'([^'\n]+)'|^import\s+'([^'\n]+)'|\bimport\('([^'\n]+)'\)/gmu;

const importsOf = (path: string): string[] =>
  [...read(path).matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');

const roomOf = (path: string): string | undefined =>
  Object.keys(arrows).find((room) => path.startsWith(`${room}/`));

const crossing = files
  .filter((path) => path.endsWith('.ts') && roomOf(path) !== undefined)
  .flatMap((path) => importsOf(path).map((specifier) => ({ path, specifier })))
  .filter(({ specifier }) => !specifier.startsWith('.') && !specifier.startsWith('#'));

test('every import that leaves a room is an arrow of the table', () => {
  const wrong = crossing.filter(({ path, specifier }) => {
    const allowed = arrows[roomOf(path) ?? ''] ?? [];
    return !allowed.includes(specifier.startsWith('node:') ? 'node:*' : specifier);
  });
  expect(wrong).toEqual([]);
});

test('the core of capture does not reach into its node entry', () => {
  const wrong = files
    .filter(
      (path) => path.startsWith('packages/capture/src/') && !path.startsWith('packages/capture/src/node/'),
    )
    .filter((path) => importsOf(path).some((specifier) => specifier.includes('node/')));
  expect(wrong).toEqual([]);
});

test('nobody imports the recorder', () => {
  const wrong = files
    .filter((path) => path.endsWith('.ts') && !path.startsWith('apps/recorder/'))
    .filter((path) => importsOf(path).some((specifier) => specifier.startsWith('@feedtape/recorder')));
  expect(wrong).toEqual([]);
});

/** What the sources of a package may import, as names of packages; Node's own modules are none. */
const importsOfPackage = (name: string): string[] => {
  const allowed = Object.entries(arrows).filter(([room]) => room.startsWith(`packages/${name}/`));
  const names = allowed.flatMap(([, each]) => each).filter((each) => each !== 'node:*');
  return [
    ...new Set(
      names.map((each) =>
        each
          .split('/')
          .slice(0, each.startsWith('@') ? 2 : 1)
          .join('/'),
      ),
    ),
  ];
};
const packages = [...new Set(Object.keys(arrows).map((room) => room.split('/')[1] ?? ''))];

test.for(packages)('the manifest of %s names what its sources import, and nothing else', (name) => {
  const manifest = JSON.parse(read(`packages/${name}/package.json`)) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  const named = Object.keys(manifest.dependencies ?? {}).filter((each) => !each.startsWith('@types/'));
  expect(named.toSorted()).toEqual(importsOfPackage(name).toSorted());
});

test('turbo.json allows the same arrows between packages', () => {
  const { boundaries } = JSON.parse(read('turbo.json')) as {
    readonly boundaries: { readonly tags: Readonly<Record<string, { dependencies: { allow: string[] } }>> };
  };
  const allowed = packages.map((name) => [
    name,
    importsOfPackage(name)
      .filter((each) => each.startsWith('@feedtape/'))
      .map((each) => each.replace('@feedtape/', '')),
  ]);
  const stated = Object.entries(boundaries.tags).map(([name, { dependencies }]) => [
    name,
    dependencies.allow,
  ]);
  expect(Object.fromEntries(stated)).toEqual(Object.fromEntries(allowed));
});
