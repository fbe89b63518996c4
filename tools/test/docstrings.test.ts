// @module-tag slow

import { join } from 'node:path';
import ts from 'typescript-5';
import { expect, test } from 'vitest';
import { entries, exportsOf, isExcepted, programOf } from '../public-api.ts';
import { root } from '../repository.ts';

const program = programOf();
const checker = program.getTypeChecker();
const exported = entries.flatMap((entry) =>
  exportsOf(program, entry).map((symbol) => ({ entry: entry.name, name: symbol.name, symbol })),
);

const isFunction = ({ symbol }: { readonly symbol: ts.Symbol }): boolean =>
  (symbol.flags & ts.SymbolFlags.Function) !== 0;
const held = exported.filter(({ entry }) => !isExcepted(entry));
const opening = held
  .filter(isFunction)
  .filter(({ name }) => /^(?:create|open|start|read|replay|resume)(?:[A-Z]|$)/u.test(name));

const tagOf = (symbol: ts.Symbol, tag: string): string =>
  symbol
    .getJsDocTags(checker)
    .filter(({ name }) => name === tag)
    .map(({ text }) => ts.displayPartsToString(text))
    .join('\n');
const textOf = (symbol: ts.Symbol): string =>
  ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();

const exampleOf = (symbol: ts.Symbol): string | undefined =>
  /^```ts\n([\s\S]+)\n```$/u.exec(tagOf(symbol, 'example').trim())?.[1];

test('every function that opens, creates, starts or reads something has an example', () => {
  expect(opening.length).toBeGreaterThanOrEqual(20);
  const without = opening.filter(({ symbol }) => exampleOf(symbol) === undefined);
  expect(without.map(({ entry, name }) => `${entry}: ${name}`)).toEqual([]);
});

/** What examples take as given, and of which type. */
const given: Readonly<Record<string, string>> = {
  feed: "import('@feedtape/client').Feed",
  frame: 'Uint8Array',
  frames: 'Iterable<Uint8Array>',
  message: "import('@feedtape/protocol').Level2Message",
};

/** An example as a module: it may use every export, and what is given. */
function moduleOf(entry: string, code: string): string {
  const uses = (name: string): boolean => new RegExp(String.raw`(?<![.\w'])${name}\b`, 'u').test(code);
  const from = new Map<string, string>();
  for (const each of exported)
    if (uses(each.name) && !Object.hasOwn(given, each.name) && (!from.has(each.name) || each.entry === entry))
      from.set(each.name, each.entry);
  const ownNames = new Set([...code.matchAll(/\b(?:const|let|import \{) (\w+)/gu)].map(([, name]) => name));
  return [
    ...[...from]
      .filter(([name]) => !ownNames.has(name))
      .map(([name, at]) => `import { ${name} } from '${at}';`),
    ...Object.entries(given)
      .filter(([name]) => uses(name) && !ownNames.has(name))
      .map(([name, type]) => `declare const ${name}: ${type};`),
    code,
    'export {};',
  ].join('\n');
}

test('the example of every export is a program without errors of types', { timeout: 120_000 }, () => {
  const examples = held.flatMap(({ entry, name, symbol }) => {
    if (tagOf(symbol, 'example') === '') return [];
    const code = exampleOf(symbol) ?? 'an example must be one block of ts';
    return { name, path: `tests/example-of-${name}.ts`, text: moduleOf(entry, code) };
  });
  expect(examples.length).toBeGreaterThan(20);
  const checked = programOf(new Map(examples.map(({ path, text }) => [path, text])));
  const problems = examples.flatMap(({ name, path }) => {
    const source = checked.getSourceFile(join(root, path));
    return [...checked.getSyntacticDiagnostics(source), ...checked.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
  });
  expect(problems).toEqual([]);
});

interface Option {
  readonly path: string;
  readonly symbol: ts.Symbol;
  readonly optional: boolean;
  /** The option that holds it, which may name the defaults of all. */
  readonly outer: ts.Symbol | undefined;
}

const isOurs = (declaration: ts.Declaration): boolean =>
  !declaration.getSourceFile().fileName.includes('/node_modules/');

/** The options that an object type holds, and those inside of the object types of its own that it refers to. */
function optionsIn(path: string, type: ts.Type, outer?: ts.Symbol): readonly Option[] {
  return checker.getPropertiesOfType(type).flatMap((symbol): readonly Option[] => {
    const here = {
      path: `${path}.${symbol.name}`,
      symbol,
      optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
      outer,
    };
    const inner = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
    const name = inner.aliasTypeArguments?.[0]?.symbol ?? inner.symbol;
    const bag = inner.isUnion() ? undefined : bagOf(inner, name);
    return [here, ...(bag === undefined ? [] : optionsIn(here.path, bag, symbol))];
  });
}

/** An object of options: values alone, given by the caller as a literal. */
function bagOf(type: ts.Type, symbol: ts.Symbol | undefined): ts.Type | undefined {
  const partial = type.aliasSymbol?.name === 'Partial';
  return partial || symbol?.name.endsWith('Options') === true ? type : undefined;
}

const options = new Map<ts.Symbol, Option>();
for (const { name, symbol } of held) {
  const declared = symbol.declarations?.find(ts.isInterfaceDeclaration);
  if (name.endsWith('Options') && declared !== undefined)
    for (const each of optionsIn(name, checker.getDeclaredTypeOfSymbol(symbol)))
      if (each.symbol.declarations?.every(isOurs) !== false) options.set(each.symbol, each);
}

const listed = [...options.values()];

test('every option has a docstring', () => {
  expect(listed.length).toBeGreaterThan(60);
  expect(listed.filter(({ symbol }) => textOf(symbol) === '').map(({ path }) => path)).toEqual([]);
});

test('the docstring of every option that may be left out names its default', () => {
  const without = listed
    .filter(({ optional }) => optional)
    .filter(({ symbol, outer }) =>
      [symbol, outer].every((each) => each === undefined || tagOf(each, 'default') === ''),
    );
  expect(without.map(({ path }) => path)).toEqual([]);
});

const isNumber = (symbol: ts.Symbol): boolean => {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
  return (type.isUnion() ? type.types : [type]).some((each) => (each.flags & ts.TypeFlags.Number) !== 0);
};

/** What is said of an option, and of all options of its interface. */
const limitsOf = (symbol: ts.Symbol): string =>
  [
    symbol,
    ...(symbol.declarations ?? []).map(({ parent }) =>
      'name' in parent ? checker.getSymbolAtLocation(parent.name as ts.Node) : undefined,
    ),
  ]
    .map((each) => (each === undefined ? '' : textOf(each)))
    .join('\n');

test('the docstring of every number among the options names its limits', () => {
  const numbers = listed.filter(({ symbol }) => isNumber(symbol));
  expect(numbers.length).toBeGreaterThan(20);
  const without = numbers.filter(
    ({ symbol }) => !/\b(?:from \S+ to|at least|above|any\s+number)\b/iu.test(limitsOf(symbol)),
  );
  expect(without.map(({ path }) => path)).toEqual([]);
});
