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
