interface SimulatorErrorDetails {
  readonly SIMULATOR_OPTION_INVALID: { readonly option: string; readonly expected: string };
  readonly SIMULATOR_FAULT_INVALID: { readonly field: string; readonly expected: string };
  readonly SIMULATOR_PORT_UNAVAILABLE: { readonly port: number };
  readonly SIMULATOR_CAPTURE_UNUSABLE: { readonly why: string };
}

/** Stable error codes. */
export type SimulatorErrorCode = keyof SimulatorErrorDetails;

const describe: { readonly [C in SimulatorErrorCode]: (details: SimulatorErrorDetails[C]) => string } = {
  SIMULATOR_OPTION_INVALID: ({ option, expected }) => `${option} must be ${expected}`,
  SIMULATOR_FAULT_INVALID: ({ field, expected }) => `a fault's ${field} must be ${expected}`,
  SIMULATOR_PORT_UNAVAILABLE: ({ port }) => `cannot listen on 127.0.0.1:${port}`,
  SIMULATOR_CAPTURE_UNUSABLE: ({ why }) => `the capture cannot be served: ${why}`,
};

/** The error class of this package; `code` narrows `details`. */
export class SimulatorError<Code extends SimulatorErrorCode = SimulatorErrorCode> extends Error {
  override readonly name = 'SimulatorError';
  readonly code: Code;
  readonly details: SimulatorErrorDetails[Code];

  constructor(code: Code, details: SimulatorErrorDetails[Code], options?: ErrorOptions) {
    super(describe[code](details), options);
    this.code = code;
    this.details = details;
  }
}

/** {@link SimulatorError} as a union by code: `switch (error.code)` narrows `details`. */
export type AnySimulatorError = { [C in SimulatorErrorCode]: SimulatorError<C> }[SimulatorErrorCode];

/** Whether a value is a {@link SimulatorError}, also one thrown by another installed copy of the package. */
export function isSimulatorError(value: unknown): value is AnySimulatorError {
  return value instanceof Error && value.name === 'SimulatorError' && 'code' in value;
}
