// Compiles the scanners of the packages; `npm run scanners` writes them into their sources. A test compares the two.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from '../repository.ts';

/** A scanner: its sources, and the module of its package that holds what they compile to. */
export interface Scanner {
  readonly folder: string;
  readonly module: string;
}

export const scanners: readonly Scanner[] = [
  {
    folder: 'packages/protocol/scanner',
    module: 'packages/protocol/src/fast-path/scanner-code.ts',
  },
  { folder: 'packages/capture/scanner', module: 'packages/capture/src/json/scanner-code.ts' },
];

/** The scratch memory is four pages, of which the compiler's own constants take the last 16 KiB. */
const OPTIONS = `--runtime stub --noAssert --enable simd -O2
  --initialMemory 4 --maximumMemory 4 --memoryBase ${240 * 1024}`.split(/\s+/u);

/** What the `literals.ts` of a scanner exports: constant texts by their names. */
interface Literals {
  /** Compared without a call. */
  readonly OFTEN: Readonly<Record<string, string>>;
  readonly SELDOM?: Readonly<Record<string, string>>;
}

// What `stands.as` can compare.
const SHORTEST_LITERAL = 8;
const LONGEST_WITHOUT_A_CALL = 48;

/** The text of a scanner's module, the same for the same sources. */
export async function compileScanner({ folder }: Scanner): Promise<string> {
  const sources = join(root, folder);
  const literals = (await import(pathToFileURL(join(sources, 'literals.ts')).href)) as Literals;
  const copy = mkdtempSync(join(tmpdir(), 'feedtape-scanner-'));
  try {
    for (const from of [sources, import.meta.dirname]) {
      for (const name of readdirSync(from).filter((each) => each.endsWith('.as'))) {
        // What the compiler takes for its own; what else reads TypeScript could make nothing of it.
        cpSync(join(from, name), join(copy, name.replace(/as$/u, 'ts')));
      }
    }
    writeFileSync(join(copy, 'literals.ts'), literalsModule(literals));
    const compiler = fileURLToPath(import.meta.resolve('assemblyscript/bin/asc.js'));
    execFileSync(process.execPath, [compiler, 'index.ts', ...OPTIONS, '--outFile', 'scanner.wasm'], {
      cwd: copy,
    });
    return moduleText(readFileSync(join(copy, 'scanner.wasm')));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

/**
 * A scanner's literals in its own language, two functions for each: `isSequence(at)` says whether `","sequence_num":`
 * stands at a position, and `afterSequence(at)` where it would end. Asked as a condition, the processor guesses the
 * answer and reads on without waiting for the comparison; a position that depended on it would have to wait.
 */
function literalsModule({ OFTEN, SELDOM = {} }: Literals): string {
  for (const [name, { length }] of Object.entries({ ...SELDOM, ...OFTEN })) {
    if (length < SHORTEST_LITERAL || (name in OFTEN && length > LONGEST_WITHOUT_A_CALL))
      throw new Error(`the literal ${name} has ${length} characters`);
  }
  const often = Object.entries(OFTEN).map(([name, text]) => functionsOf(name, text, 'standsHere'));
  const seldom = Object.entries(SELDOM).map(([name, text]) => functionsOf(name, text, 'stands'));
  return ["import { stands, standsHere } from './stands';", ...often, ...seldom].join('\n');
}

function functionsOf(name: string, text: string, stands: string): string {
  return `${bytesOf(name, text)}
@inline export function is${name}(at: usize): bool { return ${stands}(at, ${name}, ${text.length}); }
@inline export function after${name}(at: usize): usize { return at + ${text.length}; }`;
}

function bytesOf(name: string, text: string): string {
  return `const ${name} = memory.data<u8>([${[...Buffer.from(text, 'latin1')].join(', ')}]);`;
}

function moduleText(code: Buffer): string {
  const base64 = code.toString('base64').replaceAll(/.{100}/gu, '$&\n');
  return `/** WebAssembly in base64: \`scanner/\`, compiled by \`npm run scanners\`. */
export const SCANNER_CODE: string = \`
${base64}\`;
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const scanner of scanners) writeFileSync(join(root, scanner.module), await compileScanner(scanner));
}
