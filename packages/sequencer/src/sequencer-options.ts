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
  const { start = 0, rememberedGaps = REMEMBERED_GAPS } = options;
  if (start !== 'any' && !isCount(start)) {
    throw new SequencerError('SEQUENCER_OPTION_INVALID', {
      option: 'start',
      expected: "'any' or an integer from 0 to 2^53-1",
    });
  }
  if (!isCount(rememberedGaps) || rememberedGaps < 1 || rememberedGaps > MOST_REMEMBERED_GAPS) {
    throw new SequencerError('SEQUENCER_OPTION_INVALID', {
      option: 'rememberedGaps',
      expected: `an integer from 1 to ${MOST_REMEMBERED_GAPS}`,
    });
  }
  return { start, rememberedGaps };
}

/** Whether a value is an integer that can count something: 0 to 2^53-1. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
