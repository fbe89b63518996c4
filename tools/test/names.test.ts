// @module-tag slow

import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { entries, exportsOf, isExcepted, programOf } from '../public-api.ts';
import { files, read } from '../repository.ts';

const program = programOf();
const exported = entries
  .filter(({ name }) => !isExcepted(name))
  .flatMap((entry) => exportsOf(program, entry).map((symbol) => ({ entry: entry.name, symbol })));

const sources = files.filter(
  (path) => /^(?:packages|apps)\/[a-z]+\/src\/.*\.ts$/u.test(path) && !isExcepted(path),
);
const packageOf = (path: string): string => path.split('/').slice(0, 2).join('/');

/** The words of a name in any spelling: `maxOpenGaps`, `MARKET_URL`, `open-gaps.ts`. */
const wordsOf = (name: string): readonly string[] =>
  (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/gu) ?? []).map((word) => word.toLowerCase());

const glossary = new Set(
  [...read('GLOSSARY.md').matchAll(/^\| (\*\*.*?) \|/gmu)].flatMap(([, terms = '']) => wordsOf(terms)),
);
/** Plain words, and those of market data, WebSockets and storage: one a line, sorted. */
const plain = read('tools/test/plain-words.txt').trimEnd().split('\n');

const used = new Map<string, string>();
for (const path of sources)
  for (const word of wordsOf(path.replace(/^.*?\/src\//u, '').replace(/\.ts$/u, ''))) used.set(word, path);
for (const { entry, symbol } of exported)
  for (const word of wordsOf(symbol.name)) used.set(word, `${symbol.name} of ${entry}`);

test('every word of a file name and of an exported name is a plain one or in the glossary', () => {
  expect(used.size).toBeGreaterThan(200);
  const known = new Set(plain);
  const unknown = [...used].filter(([word]) => !known.has(word) && !glossary.has(word));
  expect(unknown.map(([word, place]) => `${word}: ${place}`)).toEqual([]);
});

test('the plain words are sorted, in use, and not those of the glossary', () => {
  expect(plain).toEqual([...new Set(plain)].toSorted());
  expect(plain.filter((word) => !used.has(word) || glossary.has(word))).toEqual([]);
});

/** One thing, declared by each of two packages that may not import each other. */
const declaredTwice = ['Clock', 'RequestChannel', 'TokenSource'];

test('a name that several packages export is one thing', () => {
  const places = new Map<string, Set<string>>();
  for (const { symbol } of exported) {
    const place = symbol.declarations?.[0]?.getSourceFile().fileName ?? '';
    places.set(symbol.name, new Set(places.get(symbol.name)).add(place));
  }
  const doubled = [...places].filter(([, each]) => each.size > 1).map(([name]) => name);
  expect(doubled.toSorted()).toEqual(declaredTwice);
});

/** File names of several packages, where each file is that package's side of the same thing. */
const shared = new Set([
  'index.ts',
  'clock.ts',
  'options.ts',
  'check-options.ts',
  // The simulator's side of the client's connection and of the protocol's request and messages.
  'acknowledgement.ts',
  'connection.ts',
  'order.ts',
  'request.ts',
  'subscriptions.ts',
]);

test('two packages have files of one name only where they are about one thing', () => {
  const owners = new Map<string, Set<string>>();
  for (const path of sources)
    owners.set(basename(path), new Set(owners.get(basename(path))).add(packageOf(path)));
  const doubled = [...owners].filter(([name, each]) => each.size > 1 && !shared.has(name));
  expect(doubled.map(([name, each]) => `${name}: ${[...each].join(', ')}`)).toEqual([]);
});

test('within a package a file name stands for one thing: only the readers of a message have its name', () => {
  const paths = new Map<string, string[]>();
  for (const path of sources) {
    const name = `${packageOf(path)}: ${basename(path)}`;
    paths.set(name, [...(paths.get(name) ?? []), path]);
  }
  const doubled = [...paths].filter(
    ([name, each]) =>
      each.length > 1 && !each.includes(name.replace(/^(packages\/protocol): (.*)$/u, '$1/src/messages/$2')),
  );
  expect(doubled.map(([name]) => name)).toEqual([]);
});
