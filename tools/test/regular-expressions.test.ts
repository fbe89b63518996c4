import { expect, test } from 'vitest';
import ts from 'typescript-5';
import { files, read } from '../repository.ts';

/** Every regular expression of the published sources, as it stands there. */
function literalsOf(path: string): readonly { readonly place: string; readonly pattern: RegExp }[] {
  const source = ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true);
  const found: { place: string; pattern: RegExp }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      const pattern = new RegExp(node.text.slice(1, end), node.text.slice(end + 1));
      found.push({ place: `${path}:${line + 1} ${node.text}`, pattern });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const literals = files
  .filter((path) => /^(?:packages|apps)\/[^/]+\/(?:src|page)\/.*\.[jt]s$/u.test(path))
  .flatMap(literalsOf);

/** What makes an expression go back and try again: long runs of what it accepts, with something it does not at the end. */
function hostileTexts({ source }: RegExp, length: number): readonly string[] {
  const own = new Set(source.replaceAll(/\\./gu, '').replaceAll(/[[\](){}?*+^$|]/gu, ''));
  const seeds = [
    ...own,
    'a',
    'A',
    '0',
    ' ',
    '-',
    '.',
    '_',
    '\n',
    '\t',
    'aA',
    'a-',
    'a0',
    '0.',
    'eyJ',
    '-A',
    "'",
    '=a',
    '/a',
  ];
  return [...new Set(seeds)].flatMap((seed) => {
    const run = seed.repeat(Math.ceil(length / seed.length)).slice(0, length);
    return [run, `${run}\u0000`, `${run}!`];
  });
}

/** The slowest of the texts, in milliseconds; what looks slow gets more attempts, since the machine may be busy. */
function slowestMs(pattern: RegExp, length: number): number {
  const once = (text: string): number => {
    pattern.lastIndex = 0;
    const began = performance.now();
    pattern.test(text);
    return performance.now() - began;
  };
  const attempts = (text: string): number => {
    const first = once(text);
    return first < 10 || first > 2000 ? first : Math.min(first, once(text), once(text), once(text));
  };
  return Math.max(...hostileTexts(pattern, length).map(attempts));
}

test('there are expressions to look at', () => {
  expect(literals.length).toBeGreaterThan(30);
});

// X12: 120 KB of text took a natural-looking expression 13 seconds.
test(
  'no regular expression takes longer than 50 ms for a megabyte of hostile text',
  { timeout: 120_000 },
  () => {
    const slow = literals.flatMap(({ place, pattern }) => {
      // What grows with the square of the length shows itself here already, before it could take minutes.
      const short = slowestMs(pattern, 16 * 1024);
      if (short > 20) return [`${place}: ${short.toFixed(0)} ms for 16 KiB`];
      const long = slowestMs(pattern, 1024 * 1024);
      return long > 50 ? [`${place}: ${long.toFixed(0)} ms for 1 MiB`] : [];
    });
    expect(slow).toEqual([]);
  },
);
