interface SequencerErrorDetails {
  readonly SEQUENCER_OPTION_INVALID: { readonly option: string; readonly expected: string };
  readonly SEQUENCER_STATE_INVALID: { readonly problem: string };
}

/** What a caller did wrong. Frames never cause one: whatever arrives gets a verdict. */
export type SequencerErrorCode = keyof SequencerErrorDetails;

const describe: { readonly [C in SequencerErrorCode]: (details: SequencerErrorDetails[C]) => string } = {
  SEQUENCER_OPTION_INVALID: ({ option, expected }) => `${option} must be ${expected}`,
  SEQUENCER_STATE_INVALID: ({ problem }) => `this is not a state that a sequencer left behind: ${problem}`,
};

/** The only error of this package; `code` is stable, the message is not. */
export class SequencerError<Code extends SequencerErrorCode = SequencerErrorCode> extends Error {
  override readonly name = 'SequencerError';
  readonly code: Code;
  readonly details: SequencerErrorDetails[Code];

  constructor(code: Code, details: SequencerErrorDetails[Code]) {
    super(describe[code](details));
    this.code = code;
    this.details = details;
  }
}
