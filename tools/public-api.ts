import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript-5';
import { files, read, root } from './repository.ts';

/** An entry of a package: what others import from it. */
export interface Entry {
  readonly name: string;
  readonly file: string;
}

/** Whether a package, an entry or a path is not held to the rules of names and docstrings yet: capture is still to follow. */
export const isExcepted = (name: string): boolean => /^(?:@feedtape|packages)\/capture(?:\/|$)/u.test(name);

const SOURCE = '@feedtape/source';

/** The entries of every package that is published as a library. */
export const entries: readonly Entry[] = files
  .filter((path) => /^packages\/[a-z]+\/package\.json$/u.test(path))
  .flatMap((path) => {
    const manifest = JSON.parse(read(path)) as {
      readonly name: string;
      readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
    };
    return Object.entries(manifest.exports).flatMap(([key, to]) => {
      const source = typeof to === 'string' ? undefined : to[SOURCE];
      if (source === undefined) return [];
      return { name: join(manifest.name, key), file: join(path, '..', source) };
    });
  });

const configuration = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')).config,
  ts.sys,
  root,
).options;

/** A program of the entries, and of files that exist in memory alone, by their path from the top folder. */
export function programOf(virtual: ReadonlyMap<string, string> = new Map()): ts.Program {
  const disk = ts.createCompilerHost(configuration, true);
  const textOf = (path: string): string | undefined => virtual.get(path.slice(root.length + 1));
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => textOf(path) !== undefined || disk.fileExists(path),
    readFile: (path) => textOf(path) ?? disk.readFile(path),
    getSourceFile: (path, version, ...rest) => {
      const text = textOf(path);
      return text === undefined
        ? disk.getSourceFile(path, version, ...rest)
        : ts.createSourceFile(path, text, version, true);
    },
  };
  const names = [...entries.map(({ file }) => file), ...virtual.keys()].map((path) => join(root, path));
  return ts.createProgram({ rootNames: names, options: configuration, host });
}

/** What an entry exports, by name, with aliases followed. */
export function exportsOf(program: ts.Program, { file }: Entry): readonly ts.Symbol[] {
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(join(root, file));
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} is no module`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}
