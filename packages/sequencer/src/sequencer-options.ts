import { SequencerError } from './sequencer-error.ts';

/** How many open gaps are remembered unless told otherwise. */
export const REMEMBERED_GAPS = 4_096;
const MOST_REMEMBERED_GAPS = 1_048_576;

export interface SequencerOptions {
  /**
   * The number a counting starts with, or `'any'` to take the first one seen.
   * @default 0
   */
  readonly start?: number | 'any';
  /**
   * How many open gaps are remembered, at most 64 bytes each. At the limit the one with the lowest numbers is
   * forgotten: its frames stay missing, and if one of them still arrives it is `stale`.
   * @default 4_096
   */
  readonly rememberedGaps?: number;
}

/** @throws SequencerError `SEQUENCER_OPTION_INVALID` */
export function optionsOf(options: SequencerOptions): Required<SequencerOptions> {
  checkNames(options, 'start', 'rememberedGaps');
  const { start = 0, rememberedGaps = REMEMBERED_GAPS } = options;
  demand('start', start === 'any' || isCount(start), "'any' or an integer from 0 to 2^53-1");
  demand(
    'rememberedGaps',
    isCount(rememberedGaps) && rememberedGaps >= 1 && rememberedGaps <= MOST_REMEMBERED_GAPS,
    `an integer from 1 to ${MOST_REMEMBERED_GAPS}`,
  );
  return { start, rememberedGaps };
}

/** @throws SequencerError `SEQUENCER_OPTION_INVALID` for what is no object, and for a name that no option has */
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
