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

/** What a call takes of a core, in milliseconds: it is the same on a busy machine. */
function cpuMsOf(call: () => void): number {
  const before = process.cpuUsage();
  call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

// Linear work takes a millisecond for 16 KiB, quadratic work a tenth of a second and more. What grows with a higher power, or with
// each character, is noticed at a length where it ends soon: the next length takes some seconds where the one before took
// just less than the limit.
const LIMIT_MS = 50;
const lengths = [24, 28, 500, 2_000, 16 * 1_024];

/** The length at which the expression takes too long, if there is one. */
function slowAt(pattern: RegExp): string | undefined {
  for (const length of lengths) {
    for (const text of hostileTexts(pattern, length)) {
      pattern.lastIndex = 0;
      const took = cpuMsOf(() => pattern.test(text));
      if (took > LIMIT_MS) return `${took.toFixed(0)} ms for ${length} characters`;
    }
  }
  return undefined;
}

test('expressions that go back and try again are noticed', () => {
  // Exponential, cubic, quadratic.
  const slow = [/^(?:a+)+$/u, /^a*a*a*$/u, /\s+$/u];
  expect(slow.filter((pattern) => slowAt(pattern) === undefined)).toEqual([]);
  expect([/^a*b$/u, /\sa/u].map(slowAt)).toEqual([undefined, undefined]);
});

// X12: 120 KB of text took a natural-looking expression 13 seconds.
test('no regular expression takes more than linear time for hostile text', { timeout: 120_000 }, () => {
  expect(literals.length).toBeGreaterThan(30);
  const slow = literals.flatMap(({ place, pattern }) => {
    const found = slowAt(pattern);
    return found === undefined ? [] : [`${place}: ${found}`];
  });
  expect(slow).toEqual([]);
});
