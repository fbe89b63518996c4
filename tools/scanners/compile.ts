// `npm run scanners`: writes the generated literals of the scanners and what the scanners compile to.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../repository.ts';
import { literalsModule } from './literals-module.ts';
import { FREQUENT, OTHER } from './protocol-literals.ts';

/** What we use of the compiler. Its own declarations would change the types of arrays for everybody. */
interface Compiler {
  readonly main: (
    args: readonly string[],
    host: {
      readFile(name: string, baseDir: string): string | null;
      writeFile(name: string, contents: Uint8Array | string): void;
      readonly stderr: { write(chunk: Uint8Array | string): void };
    },
  ) => Promise<{ readonly error: Error | null }>;
}

/** The sources of a scanner and the module of its package that holds the compiled code. */
export interface Scanner {
  readonly folder: string;
  readonly module: string;
}

export const scanners: readonly Scanner[] = [
  { folder: 'packages/protocol/assembly', module: 'packages/protocol/src/fast-path/scanner-code.ts' },
  { folder: 'packages/capture/assembly', module: 'packages/capture/src/json/scanner-code.ts' },
];

/** Where the generated literals are committed. */
export const LITERALS_FILE = 'packages/protocol/assembly/literals.ts';

/** The text of {@link LITERALS_FILE}. */
export const literals = (): string => literalsModule(FREQUENT, OTHER);

/** The scratch memory is four pages, of which the compiler's own constants take the last 16 KiB. */
const OPTIONS = `--runtime stub --noAssert --enable simd -O2
  --initialMemory 4 --maximumMemory 4 --memoryBase ${240 * 1024}`.split(/\s+/u);

/** The text of a scanner's module, the same for the same sources. */
export async function compileScanner({ folder }: Scanner): Promise<string> {
  let code: Buffer | undefined;
  let messages = '';
  const { main } = (await import(import.meta.resolve('assemblyscript/asc'))) as Compiler;
  const { error } = await main(
    ['index.ts', ...OPTIONS, '--outFile', 'scanner.wasm', '--baseDir', join(root, folder)],
    {
      readFile: (name, baseDir) => sourceText(join(baseDir, name)),
      writeFile: (_name, contents) => {
        code = Buffer.from(contents);
      },
      stderr: {
        write: (chunk) => {
          messages += String(chunk);
        },
      },
    },
  );
  if (error !== null || code === undefined) throw new Error(messages, { cause: error });
  return moduleText(code);
}

/** AssemblyScript's decorator `@inline` is no TypeScript, so the sources have it in a comment. */
function sourceText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').replaceAll('/* @inline */', '@inline');
  } catch {
    // The compiler tries several names for an import.
    return null;
  }
}

function moduleText(code: Buffer): string {
  const base64 = code.toString('base64').replaceAll(/.{100}/gu, '$&\n');
  return `/** WebAssembly in base64: \`assembly/\`, compiled by \`npm run scanners\`. */
export const SCANNER_CODE: string = \`
${base64}\`;
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(root, LITERALS_FILE), literals());
  for (const scanner of scanners) writeFileSync(join(root, scanner.module), await compileScanner(scanner));
}
