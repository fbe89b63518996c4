import { describe, expect, test } from 'vitest';
import {
  type Verdict,
  SequencerError,
  advance,
  createSequencer,
  initialState,
  resumeSequencer,
} from '@feedtape/sequencer';

const judge = (sequences: readonly unknown[], options = {}): Verdict[] => {
  const sequencer = createSequencer(options);
  return sequences.map((sequence) => sequencer.push(sequence));
};

const kinds = (sequences: readonly unknown[], options = {}): string[] =>
  judge(sequences, options).map(({ kind }) => kind);

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
  } catch (error) {
    return error instanceof SequencerError ? error.code : String(error);
  }
  return undefined;
};

describe('one connection', () => {
  test('frames in order are first and next', () => {
    expect(kinds([0, 1, 2])).toEqual(['first', 'next', 'next']);
  });

  test('a jump reports exactly the missing numbers', () => {
    expect(judge([0, 4])).toEqual([
      { kind: 'first' },
      { kind: 'gap', missing: { from: 1, to: 3 }, count: 3 },
    ]);
  });

  test('a connection starts at 0, so a first frame of 3 is a gap of 3', () => {
    expect(judge([3])).toEqual([{ kind: 'gap', missing: { from: 0, to: 2 }, count: 3 }]);
  });

  test("with start 'any' the first number seen is the first", () => {
    expect(kinds([3, 4], { start: 'any' })).toEqual(['first', 'next']);
  });

  test('a number below a given start is stale and does not start the epoch', () => {
    expect(judge([7, 10, 9], { start: 10 })).toEqual([
      { kind: 'stale', behind: 3 },
      { kind: 'first' },
      { kind: 'stale', behind: 2 },
    ]);
  });

  test('a late frame fills its gap, and once it is filled the number is a duplicate', () => {
    expect(kinds([0, 4, 2, 2, 1, 3, 3, 5])).toEqual([
      'first',
      'gap',
      'late',
      'duplicate',
      'late',
      'late',
      'duplicate',
      'next',
    ]);
  });

  test("with start 'any', a number below the first one is stale", () => {
    expect(judge([5, 3], { start: 'any' })).toEqual([{ kind: 'first' }, { kind: 'stale', behind: 3 }]);
  });
});

describe('a jump back to the start', () => {
  test('is reported as an anomaly and changes nothing', () => {
    const sequencer = createSequencer();
    for (const sequence of [0, 1, 2]) sequencer.push(sequence);
    expect(sequencer.push(0)).toEqual({ kind: 'duplicate', restart: true });
    expect(sequencer.push(3)).toEqual({ kind: 'next' });
    expect(sequencer.accounting).toMatchObject({ duplicates: 1, restarts: 1, gaps: 0 });
  });

  test('is recognised if the first frame was not the start', () => {
    expect(judge([5, 0], { start: 'any' })).toEqual([
      { kind: 'first' },
      { kind: 'stale', behind: 6, restart: true },
    ]);
  });

  test('is a late frame if 0 was missing', () => {
    expect(kinds([1, 0])).toEqual(['gap', 'late']);
  });
});

describe('what is not a sequence number', () => {
  test.for([
    [undefined, 'absent'],
    [null, 'absent'],
    ['1', 'not-a-number'],
    ['', 'not-a-number'],
    [Number.NaN, 'not-a-number'],
    [1n, 'not-a-number'],
    [true, 'not-a-number'],
    [[1], 'not-a-number'],
    [{}, 'not-a-number'],
    [-1, 'negative'],
    [-0.5, 'negative'],
    [Number.NEGATIVE_INFINITY, 'negative'],
    [1.5, 'fractional'],
    [Number.MIN_VALUE, 'fractional'],
    [2 ** 53, 'unsafe'],
    [JSON.parse('9007199254740993'), 'unsafe'],
    [Number.MAX_VALUE, 'unsafe'],
    [Number.POSITIVE_INFINITY, 'unsafe'],
  ] as const)('%s is invalid: %s', ([sequence, reason]) => {
    expect(judge([0, sequence, 1])).toEqual([
      { kind: 'first' },
      { kind: 'invalid', reason },
      { kind: 'next' },
    ]);
  });

  test('the largest exact integer is a sequence number, the next one is not', () => {
    expect(kinds([Number.MAX_SAFE_INTEGER, 2 ** 53, Number.MAX_SAFE_INTEGER])).toEqual([
      'gap',
      'invalid',
      'duplicate',
    ]);
  });
});

describe('the end of a connection', () => {
  test('is a gap of unknown extent, and the next frame starts a new epoch', () => {
    const sequencer = createSequencer();
    for (const sequence of [0, 3]) sequencer.push(sequence);
    expect(sequencer.close()).toEqual({ kind: 'unknown-gap', from: 4, count: null });
    expect(sequencer.push(0)).toEqual({ kind: 'first' });
    expect(sequencer.push(2)).toEqual({ kind: 'gap', missing: { from: 1, to: 1 }, count: 1 });
    expect(sequencer.accounting).toEqual({
      received: 4,
      accepted: 4,
      duplicates: 0,
      stale: 0,
      invalid: 0,
      gaps: 2,
      framesInGaps: 3,
      late: 0,
      missing: 3,
      lost: 2,
      unknownGaps: 1,
      restarts: 0,
    });
  });

  test('before any frame is still a gap of unknown extent', () => {
    expect(createSequencer().close()).toEqual({ kind: 'unknown-gap', from: 0, count: null });
    expect(createSequencer({ start: 'any' }).close()).toEqual({ kind: 'unknown-gap', count: null });
  });
});

describe('the memory of open gaps', () => {
  test('drops the lowest gap at the limit: its frames stay missing and are stale if they arrive', () => {
    const sequencer = createSequencer({ maxOpenGaps: 2 });
    for (const sequence of [0, 2, 4, 6]) sequencer.push(sequence);
    expect(sequencer.push(1)).toEqual({ kind: 'stale', behind: 6 });
    expect(sequencer.push(3)).toEqual({ kind: 'late' });
    expect(sequencer.push(4)).toEqual({ kind: 'duplicate' });
    expect(sequencer.push(0)).toEqual({ kind: 'stale', behind: 7, restart: true });
    expect(sequencer.accounting).toMatchObject({ framesInGaps: 3, late: 1, missing: 2, lost: 1, stale: 2 });
  });

  test('counts a gap that a late frame splits in two', () => {
    const sequencer = createSequencer({ maxOpenGaps: 1 });
    for (const sequence of [0, 6, 3]) sequencer.push(sequence);
    expect(sequencer.push(2)).toEqual({ kind: 'stale', behind: 5 });
    expect(sequencer.push(5)).toEqual({ kind: 'late' });
    expect(sequencer.accounting).toMatchObject({ framesInGaps: 5, late: 2, missing: 3, lost: 2 });
  });
});

describe('the pure form', () => {
  test('returns the verdict and a new state, and does not change the old one', () => {
    const before = initialState();
    const { state, verdict } = advance(before, 2);
    expect(verdict).toEqual({ kind: 'gap', missing: { from: 0, to: 1 }, count: 2 });
    expect(before).toEqual(initialState());
    expect(advance(state, 1).verdict).toEqual({ kind: 'late' });
    expect(advance(state, 1).verdict).toEqual({ kind: 'late' });
  });

  test('a state survives JSON and continues', () => {
    const sequencer = createSequencer();
    for (const sequence of [0, 5, 3]) sequencer.push(sequence);
    const resumed = resumeSequencer(JSON.parse(JSON.stringify(sequencer.state)));
    expect(resumed.state).toEqual(sequencer.state);
    expect([2, 3, 6, 0].map((sequence) => resumed.push(sequence))).toEqual(
      [2, 3, 6, 0].map((sequence) => sequencer.push(sequence)),
    );
    expect(resumed.accounting).toEqual(sequencer.accounting);
  });
});

describe('what a caller can get wrong', () => {
  test.for([{ start: -1 }, { start: 0.5 }, { start: 2 ** 53 }, { maxOpenGaps: 0 }, { maxOpenGaps: 2 ** 40 }])(
    'options %j',
    (options) => {
      expect(codeOf(() => createSequencer(options))).toBe('SEQUENCER_OPTION_INVALID');
    },
  );

  test('a state that contradicts itself', () => {
    const { state } = advance(initialState(), 4);
    const broken = [
      { ...state, accounting: { ...state.accounting, received: 7 } },
      { ...state, accounting: { ...state.accounting, missing: 3 } },
      { ...state, accounting: { ...state.accounting, lost: 1 } },
      { ...state, start: -3 },
      { ...state, next: 0 },
      { ...state, open: [{ from: 0, to: 8 }] },
      {
        ...state,
        open: [
          { from: 2, to: 3 },
          { from: 0, to: 1 },
        ],
      },
      { ...state, open: [] },
      { ...state, kind: 'closed' },
      { ...state, accounting: undefined },
      {},
      null,
    ];
    for (const each of broken)
      expect(codeOf(() => resumeSequencer(each as typeof state))).toBe('SEQUENCER_STATE_INVALID');
  });
});
