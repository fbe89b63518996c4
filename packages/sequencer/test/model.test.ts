import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, expect, onTestFinished, test } from 'vitest';
import { type SequencerState, advance, endEpoch, initialState } from '@feedtape/sequencer';

const docs = join(import.meta.dirname, '../../../docs');
const modelPath = join(docs, 'models/sequencer.pml');

/** Transitions as `from_to_verdict`. */
const diagram = readFileSync(join(docs, 'sequence-numbers.md'), 'utf8')
  .split('\n')
  .flatMap((line) => /^ {2}(\w+) --> (\w+): (\w+)$/.exec(line)?.slice(1).join('_') ?? [])
  .toSorted();

/** Every transition that the code takes for any `length` inputs: numbers, a value that is none, and the end. */
function transitionsOfTheCode(length: number): string[] {
  const inputs = [0, 1, 2, 3, 4, 5, 'cut short', 'close'];
  const taken = new Set<string>();
  let reached: SequencerState[] = [initialState({ start: 1, maxOpenGaps: 1 })];
  for (let step = 0; step < length; step += 1) {
    const after = new Map<string, SequencerState>();
    for (const state of reached) {
      for (const input of inputs) {
        const judged = input === 'close' ? endEpoch(state) : advance(state, input);
        const verdict = 'verdict' in judged ? judged.verdict.kind : 'close';
        taken.add(`${state.kind}_${judged.state.kind}_${verdict}`);
        // Histories that differ only in their sums go on alike.
        const { accounting: _, ...rest } = judged.state;
        after.set(JSON.stringify(rest), judged.state);
      }
    }
    reached = [...after.values()];
  }
  return [...taken].toSorted();
}

test('the state diagram in the documentation has exactly the transitions of the code', () => {
  expect(diagram).toHaveLength(12);
  expect(transitionsOfTheCode(6)).toEqual(diagram);
});

const model = readFileSync(modelPath, 'utf8').split('\n');
const labels = model.flatMap((line, index) => {
  const [, label] = /^((?:waiting|running)_\w+):$/.exec(line) ?? [];
  return label === undefined ? [] : [{ label, line: index + 1 }];
});

test('the Spin model has exactly the transitions of the code', () => {
  expect(labels.map(({ label }) => label).toSorted()).toEqual(diagram);
});

/** What Spin's verifier prints for the model, or a skipped test where it is not installed. */
function verify(context: TestContext, ...claims: string[]): string {
  for (const [tool, flag] of [
    ['spin', '-V'],
    ['gcc', '--version'],
  ] as const)
    if (spawnSync(tool, [flag]).status !== 0) context.skip(`${tool} is not installed`);
  const folder = mkdtempSync(join(tmpdir(), 'feedtape-model-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync('spin', [...claims.map((claim) => `-D${claim}`), '-a', modelPath], { cwd: folder });
  execFileSync('gcc', ['-w', '-O0', '-DSAFETY', '-o', 'pan', 'pan.c'], { cwd: folder });
  return execFileSync('./pan', { cwd: folder, encoding: 'utf8' });
}

test('no interleaving of the small world breaks the model, and each transition happens', (context) => {
  const report = verify(context);
  expect(report).toContain('errors: 0');
  expect(report).not.toContain('Search not completed');
  const unreached = new Set(
    [...report.matchAll(/sequencer\.pml:(\d+), state/g)].map(([, line]) => Number(line)),
  );
  // The statement that a label names stands on the line below it.
  expect(labels.filter(({ line }) => unreached.has(line + 1))).toEqual([]);
});

test('a false claim about the model is refuted, so that the model can fail', (context) => {
  expect(verify(context, 'CLAIM_NO_GAP_IS_EVER_FILLED')).toContain('errors: 1');
});
