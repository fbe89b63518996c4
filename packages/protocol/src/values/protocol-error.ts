interface ProtocolErrorDetails {
  readonly PROTOCOL_BAD_DECIMAL: { readonly text: string };
  readonly PROTOCOL_DECIMAL_INEXACT: { readonly text: string; readonly decimals: number };
  readonly PROTOCOL_BAD_TIMESTAMP: { readonly text: string };
  readonly PROTOCOL_UNKNOWN_CHANNEL: { readonly channel: string };
  readonly PROTOCOL_BAD_PRODUCT_ID: { readonly channel: string; readonly productId: string };
  readonly PROTOCOL_PRODUCTS_MISSING: { readonly channel: string };
  readonly PROTOCOL_PRODUCTS_NOT_ALLOWED: { readonly channel: string };
  readonly PROTOCOL_TOKEN_MISSING: { readonly channel: string };
  readonly PROTOCOL_BAD_TOKEN: { readonly channel: string };
}

/** Stable error codes: invalid requests, decimals and times. */
export type ProtocolErrorCode = keyof ProtocolErrorDetails;

const describe: { readonly [C in ProtocolErrorCode]: (details: ProtocolErrorDetails[C]) => string } = {
  PROTOCOL_BAD_DECIMAL: ({ text }) => `not a decimal number: ${text}`,
  PROTOCOL_DECIMAL_INEXACT: ({ text, decimals }) => `${text} has more than ${decimals} decimals`,
  PROTOCOL_BAD_TIMESTAMP: ({ text }) => `not an RFC 3339 time with up to nine fraction digits: ${text}`,
  PROTOCOL_UNKNOWN_CHANNEL: ({ channel }) => `there is no channel named ${channel}`,
  PROTOCOL_BAD_PRODUCT_ID: ({ channel, productId }) => `${productId} cannot be a product id (${channel})`,
  PROTOCOL_PRODUCTS_MISSING: ({ channel }) => `a subscription to ${channel} names its products`,
  PROTOCOL_PRODUCTS_NOT_ALLOWED: ({ channel }) => `${channel} takes no products`,
  PROTOCOL_TOKEN_MISSING: ({ channel }) => `${channel} is private: a request for it carries a token`,
  PROTOCOL_BAD_TOKEN: ({ channel }) => `the token for ${channel} is empty or holds white space`,
};

const LONGEST_QUOTE = 80;

/** Escapes and cuts external text for one line of a log. */
function quotable<Details extends object>(details: Details): Details {
  const entries = Object.entries(details).map(([key, value]) => [
    key,
    typeof value === 'string' ? quote(value) : value,
  ]);
  return Object.fromEntries(entries) as Details;
}

function quote(text: string): string {
  const short = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return JSON.stringify(short).slice(1, -1);
}

/** The error class of this package; `code` is stable and narrows `details`. Never contains a token. */
export class ProtocolError<Code extends ProtocolErrorCode = ProtocolErrorCode> extends Error {
  override readonly name = 'ProtocolError';
  readonly code: Code;
  readonly details: ProtocolErrorDetails[Code];

  constructor(code: Code, details: ProtocolErrorDetails[Code]) {
    const safe = quotable(details);
    super(describe[code](safe));
    this.code = code;
    this.details = safe;
  }
}

/** {@link ProtocolError} as a union by code: `switch (error.code)` narrows `details`. */
export type AnyProtocolError = { [C in ProtocolErrorCode]: ProtocolError<C> }[ProtocolErrorCode];

/** Whether a value is a {@link ProtocolError}, also one thrown by another installed copy of the package. */
export function isProtocolError(value: unknown): value is AnyProtocolError {
  return value instanceof Error && value.name === 'ProtocolError' && 'code' in value;
}
