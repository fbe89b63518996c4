// Compiles the scanner; `node scanner/compile.ts` writes it into the sources. A test compares the two.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OFTEN, SELDOM } from './literals.ts';

/** The scratch memory is four pages, of which the compiler's own constants take the last 16 KiB. */
const OPTIONS = `--runtime stub --noAssert --enable simd -O2
  --initialMemory 4 --maximumMemory 4 --memoryBase ${240 * 1024}`.split(/\s+/);

/** The scanner as WebAssembly, the same bytes for the same sources. */
export function compileScanner(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'feedtape-scanner-'));
  try {
    for (const name of readdirSync(import.meta.dirname).filter((each) => each.endsWith('.as'))) {
      // What the compiler takes for its own; what else reads TypeScript could make nothing of it.
      cpSync(join(import.meta.dirname, name), join(folder, name.replace(/as$/, 'ts')));
    }
    writeFileSync(join(folder, 'literals.ts'), literalsModule());
    const compiler = fileURLToPath(import.meta.resolve('assemblyscript/bin/asc.js'));
    execFileSync(process.execPath, [compiler, 'index.ts', ...OPTIONS, '--outFile', 'scanner.wasm'], {
      cwd: folder,
    });
    return readFileSync(join(folder, 'scanner.wasm'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `literals.ts` in the scanner's language. */
function literalsModule(): string {
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

/** The module of `src/` that holds it. */
export const SCANNER_MODULE: string = fileURLToPath(
  new URL('../src/expected-shape/scanner-code.ts', import.meta.url),
);

/** The text of {@link SCANNER_MODULE}. */
export function moduleText(code: Buffer): string {
  const base64 = code.toString('base64').replace(/.{100}/g, '$&\n');
  return `/** WebAssembly in base64: \`scanner/\`, compiled by \`scanner/compile.ts\`. */
export const SCANNER_CODE: string = \`
${base64}\`;
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(SCANNER_MODULE, moduleText(compileScanner()));
}
