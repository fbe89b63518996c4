/** The details of each code. They never hold a key or a token. */
export interface ClientErrorDetails {
  /** `given` says of what type the value is, or which number; a string is not quoted, for it may be a secret. */
  readonly CLIENT_OPTION_INVALID: {
    readonly option: string;
    readonly expected: string;
    readonly given: string;
  };
  readonly CLIENT_INSECURE: { readonly url: string; readonly why: string };
  readonly CLIENT_TOKEN_REQUIRED: { readonly channel: string };
  readonly CLIENT_TOKEN_FAILED: { readonly attempts: number };
  readonly CLIENT_AUTH_FAILED: { readonly attempts: number; readonly message: string };
  readonly CLIENT_GAVE_UP: {
    readonly url: string;
    readonly reason: string;
    readonly code: number;
    readonly errorCode?: string;
  };
  readonly CLIENT_BUSY: { readonly reader: string };
  readonly CLIENT_CLOSED: { readonly what: string };
  readonly CLIENT_BACKFILL_FAILED: { readonly productId: string; readonly why: string };
  readonly CLIENT_INTERNAL: { readonly reason: string };
}

export type ClientErrorCode = keyof ClientErrorDetails;

const describe: { readonly [C in ClientErrorCode]: (details: ClientErrorDetails[C]) => string } = {
  CLIENT_OPTION_INVALID: ({ option, expected, given }) =>
    `the option ${option} must be ${expected}; given: ${given}`,
  CLIENT_INSECURE: ({ url, why }) => `refusing to connect to ${url}: ${why}`,
  CLIENT_TOKEN_REQUIRED: ({ channel }) => `the channel ${channel} needs a token source`,
  CLIENT_TOKEN_FAILED: ({ attempts }) => `the token source failed ${attempts} times in a row`,
  CLIENT_AUTH_FAILED: ({ attempts, message }) =>
    `the exchange refused to authenticate us ${attempts} times: ${message}`,
  CLIENT_GAVE_UP: ({ url, reason }) => `gave up connecting to ${url}: ${reason}`,
  CLIENT_BUSY: ({ reader }) => `a feed has one reader at a time; ${reader} is waiting already`,
  CLIENT_CLOSED: ({ what }) => `the feed was closed before ${what}`,
  CLIENT_BACKFILL_FAILED: ({ productId, why }) => `trades of ${productId} were not filled in: ${why}`,
  CLIENT_INTERNAL: ({ reason }) =>
    `the feed ended because of a failure of its own (${reason}): see the cause`,
};

/** Every error of this package. `code` is stable and decides what `details` holds. */
export class ClientError<Code extends ClientErrorCode = ClientErrorCode> extends Error {
  override readonly name = 'ClientError';
  readonly code: Code;
  readonly details: ClientErrorDetails[Code];

  constructor(code: Code, details: ClientErrorDetails[Code], options?: ErrorOptions) {
    super(describe[code](details), options);
    this.code = code;
    this.details = details;
  }
}

/** {@link ClientError} as a union by code: `switch (error.code)` narrows `details`. */
export type AnyClientError = { [C in ClientErrorCode]: ClientError<C> }[ClientErrorCode];

/** Whether a value is a {@link ClientError}, also one thrown by another installed copy of the package. */
export function isClientError(value: unknown): value is AnyClientError {
  return value instanceof Error && value.name === 'ClientError' && 'code' in value;
}
