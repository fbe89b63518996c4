import { SequencerError } from './sequencer-error.ts';

const DEFAULT_MAX_OPEN_GAPS = 4_096;
const MAX_OPEN_GAPS_LIMIT = 1_048_576;

export interface SequencerOptions {
  /**
   * The first number of an epoch, from 0 to 2^53-1, or `'any'` to accept the first one seen.
   * @default 0
   */
  readonly start?: number | 'any';
  /**
   * Open gaps kept, from 1 to 1,048,576, at most 64 bytes each. At the limit the lowest gap is dropped: its frames
   * stay missing, and one that still arrives is `stale`.
   * @default 4_096
   */
  readonly maxOpenGaps?: number;
}

/** @throws SequencerError `SEQUENCER_OPTION_INVALID` */
export function optionsOf(options: SequencerOptions): Required<SequencerOptions> {
  checkNames(options, 'start', 'maxOpenGaps');
  const { start = 0, maxOpenGaps = DEFAULT_MAX_OPEN_GAPS } = options;
  demand('start', start === 'any' || isCount(start), "'any' or an integer from 0 to 2^53-1");
  demand(
    'maxOpenGaps',
    isCount(maxOpenGaps) && maxOpenGaps >= 1 && maxOpenGaps <= MAX_OPEN_GAPS_LIMIT,
    `an integer from 1 to ${MAX_OPEN_GAPS_LIMIT}`,
  );
  return { start, maxOpenGaps };
}

/** @throws SequencerError `SEQUENCER_OPTION_INVALID` for anything but an object, and for an unknown option */
export function checkNames(options: unknown, ...known: readonly string[]): void {
  const isObject = typeof options === 'object' && options !== null && !Array.isArray(options);
  demand('options', isObject, 'an object');
  for (const name of Object.keys(options as object))
    demand(name, known.includes(name), `one of ${known.join(', ')}`);
}

/** @throws SequencerError `SEQUENCER_OPTION_INVALID` unless it holds */
export function demand(option: string, holds: boolean, expected: string): void {
  if (!holds) throw new SequencerError('SEQUENCER_OPTION_INVALID', { option, expected });
}

/** Whether a value is an integer that can count something: 0 to 2^53-1. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
