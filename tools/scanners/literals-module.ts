/** Constant texts by their names. */
export type Literals = Readonly<Record<string, string>>;

// What `compare.ts` of a scanner can compare.
const MIN_LENGTH = 8;
const MAX_INLINE_LENGTH = 48;

/**
 * Literals as an AssemblyScript module, two functions for each: `isSequence(at)` says whether `","sequence_num":`
 * stands at a position, and `afterSequence(at)` where it would end. Callers branch on the first, so the processor
 * predicts the answer and reads on; one function that returned the position would make it wait for the comparison.
 */
export function literalsModule(frequent: Literals, other: Literals): string {
  for (const [name, { length }] of Object.entries({ ...other, ...frequent })) {
    if (length < MIN_LENGTH || (name in frequent && length > MAX_INLINE_LENGTH))
      throw new Error(`the literal ${name} has ${length} characters`);
  }
  return [
    '// Generated from `tools/scanners/protocol-literals.ts` by `npm run scanners`.',
    "import { matches, matchesInline } from './compare';",
    ...Object.entries(frequent).map(([name, text]) => functionsOf(name, text, 'matchesInline')),
    ...Object.entries(other).map(([name, text]) => functionsOf(name, text, 'matches')),
    '',
  ].join('\n');
}

function functionsOf(name: string, text: string, matches: string): string {
  return `
// ${text}
const ${name} = memory.data<u8>([${[...Buffer.from(text, 'latin1')].join(', ')}]);
/* @inline */ export function is${name}(at: usize): bool {
  return ${matches}(at, ${name}, ${text.length});
}
/* @inline */ export function after${name}(at: usize): usize {
  return at + ${text.length};
}`;
}
