import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Accounting,
  type Sequencer,
  type Verdict,
  advance,
  createSequencer,
  initialState,
  resumeSequencer,
} from '@feedtape/sequencer';
import { NaiveSequencer } from './naive-sequencer.ts';

type Command = { readonly push: unknown } | { readonly act: 'close' | 'store' };

const near = fc.nat({ max: 24 });
const strange = fc.constantFrom(-1, 1.5, '3', undefined, null, Number.NaN, Infinity, 2 ** 53);
const commands = fc.array(
  fc.oneof(
    { weight: 40, arbitrary: near.map((push): Command => ({ push })) },
    { weight: 4, arbitrary: strange.map((push): Command => ({ push })) },
    { weight: 1, arbitrary: fc.constantFrom<Command>({ act: 'close' }, { act: 'store' }) },
  ),
  { maxLength: 60 },
);
const settings = fc.record({
  start: fc.constantFrom<(number | 'any')[]>(0, 0, 'any', 5),
  maxOpenGaps: fc.constantFrom(1, 2, 3, 4_096),
});

function brokenIdentities(accounting: Accounting): string[] {
  const { received, accepted, duplicates, stale, invalid, missing, framesInGaps, late, lost } = accounting;
  const identities = {
    'received = accepted + duplicates + stale + invalid':
      received === accepted + duplicates + stale + invalid,
    'missing = framesInGaps - late': missing === framesInGaps - late,
    '0 <= lost <= missing': 0 <= lost && lost <= missing,
  };
  return Object.entries(identities).flatMap(([identity, holds]) => (holds ? [] : [identity]));
}

test('law: verdicts and accounting equal those of a sequencer that keeps every number', () => {
  fc.assert(
    fc.property(settings, commands, (options, list) => {
      let sequencer: Sequencer = createSequencer(options);
      const naive = new NaiveSequencer(options.start, options.maxOpenGaps);
      const verdicts: [Verdict, Verdict][] = [];
      for (const command of list) {
        if ('push' in command) {
          verdicts.push([sequencer.push(command.push), naive.push(command.push)]);
        } else if (command.act === 'close') {
          sequencer.close();
          naive.close();
        } else {
          sequencer = resumeSequencer(JSON.parse(JSON.stringify(sequencer.state)));
        }
        expect(sequencer.accounting).toEqual(naive.accounting);
        expect(brokenIdentities(sequencer.accounting)).toEqual([]);
      }
      expect(verdicts.map(([ours]) => ours)).toEqual(verdicts.map(([, theirs]) => theirs));
    }),
    { numRuns: 5_000 },
  );
});

test('law: the pure and the stateful form agree, and the pure one changes nothing', () => {
  fc.assert(
    fc.property(settings, fc.array(fc.oneof(near, strange), { maxLength: 60 }), (options, sequences) => {
      const sequencer = createSequencer(options);
      let state = initialState(options);
      for (const sequence of sequences) {
        const before = JSON.stringify(state);
        const step = advance(state, sequence);
        expect(JSON.stringify(state)).toBe(before);
        expect(step.verdict).toEqual(sequencer.push(sequence));
        expect(step.state).toEqual(sequencer.state);
        state = step.state;
      }
    }),
  );
});

test('law: the identities hold after each of any numbers', () => {
  const far = fc.maxSafeNat();
  fc.assert(
    fc.property(fc.array(fc.oneof(near, far, fc.double(), strange)), settings, (sequences, options) => {
      const sequencer = createSequencer(options);
      for (const sequence of sequences) {
        sequencer.push(sequence);
        expect(brokenIdentities(sequencer.accounting)).toEqual([]);
      }
    }),
  );
});
