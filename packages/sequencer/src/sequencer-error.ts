interface SequencerErrorDetails {
  readonly SEQUENCER_OPTION_INVALID: { readonly option: string; readonly expected: string };
  readonly SEQUENCER_STATE_INVALID: { readonly problem: string };
}

/** Errors of the caller. Frames never cause one: every value gets a verdict. */
export type SequencerErrorCode = keyof SequencerErrorDetails;

const describe: { readonly [C in SequencerErrorCode]: (details: SequencerErrorDetails[C]) => string } = {
  SEQUENCER_OPTION_INVALID: ({ option, expected }) => `${option} must be ${expected}`,
  SEQUENCER_STATE_INVALID: ({ problem }) => `not the state of a sequencer: ${problem}`,
};

/** The error class of this package; `code` is stable and narrows `details`, the message may change. */
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

/** {@link SequencerError} as a union by code: `switch (error.code)` narrows `details`. */
export type AnySequencerError = { [C in SequencerErrorCode]: SequencerError<C> }[SequencerErrorCode];

/** Whether a value is a {@link SequencerError}, also one thrown by another installed copy of the package. */
export function isSequencerError(value: unknown): value is AnySequencerError {
  return value instanceof Error && value.name === 'SequencerError' && 'code' in value;
}
