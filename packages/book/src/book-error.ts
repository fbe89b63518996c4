interface BookErrorDetails {
  readonly BOOK_CHANGED: { readonly productId: string };
  readonly BOOK_PRICE_INVALID: { readonly price: string };
}

/** Errors of the caller. Events never cause one: an event that cannot be applied makes the book stale. */
export type BookErrorCode = keyof BookErrorDetails;

const describe: { readonly [C in BookErrorCode]: (details: BookErrorDetails[C]) => string } = {
  BOOK_CHANGED: ({ productId }) => `the book of ${productId} changed while its levels were read one by one`,
  BOOK_PRICE_INVALID: ({ price }) => `${JSON.stringify(price)} is not an unsigned decimal`,
};

/** The error class of this package; `code` is stable and narrows `details`, the message may change. */
export class BookError<Code extends BookErrorCode = BookErrorCode> extends Error {
  override readonly name = 'BookError';
  readonly code: Code;
  readonly details: BookErrorDetails[Code];

  constructor(code: Code, details: BookErrorDetails[Code]) {
    super(describe[code](details));
    this.code = code;
    this.details = details;
  }
}

/** {@link BookError} as a union by code: `switch (error.code)` narrows `details`. */
export type AnyBookError = { [C in BookErrorCode]: BookError<C> }[BookErrorCode];

/** Whether a value is a {@link BookError}, also one thrown by another installed copy of the package. */
export function isBookError(value: unknown): value is AnyBookError {
  return value instanceof Error && value.name === 'BookError' && 'code' in value;
}
