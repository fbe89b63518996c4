import type { Objection } from '../model/objection.ts';

/** Details by error code. Never a byte of a key, a token or a key's name, only findings about it. */
export interface AuthErrorDetails {
  readonly AUTH_NOT_A_KEY: { readonly found: string };
  readonly AUTH_PUBLIC_KEY: { readonly found: string };
  readonly AUTH_ENCRYPTED_KEY: { readonly found: string };
  readonly AUTH_WRONG_CURVE: { readonly curve: string };
  readonly AUTH_WRONG_TYPE: { readonly type: string };
  readonly AUTH_TRUNCATED_KEY: { readonly found: string };
  readonly AUTH_WRONG_LENGTH: { readonly bytes: number };
  readonly AUTH_KEY_MISMATCH: { readonly found: string };
  readonly AUTH_NOT_A_KEY_DOCUMENT: { readonly found: string };
  readonly AUTH_NAME_MISSING: { readonly found: string };
  readonly AUTH_NAME_INVALID: { readonly found: string };
  readonly AUTH_ENVIRONMENT_INCOMPLETE: { readonly missing: readonly string[] };
  readonly AUTH_FILE_NOT_FOUND: { readonly path: string };
  readonly AUTH_FILE_UNREADABLE: { readonly path: string; readonly errno: string };
  readonly AUTH_FILE_NOT_REGULAR: { readonly path: string; readonly found: string };
  readonly AUTH_FILE_TOO_OPEN: { readonly path: string; readonly found: string };
  readonly AUTH_FILE_OWNER: { readonly path: string; readonly owner: number; readonly user: number };
  readonly AUTH_DEBUGGER_OPEN: { readonly found: string };
  readonly AUTH_OPTION_INVALID: {
    readonly option: string;
    readonly expected: string;
    readonly given: string;
  };
  readonly AUTH_CLOCK_INVALID: { readonly found: string };
  readonly AUTH_SERVER_TIME_UNKNOWN: { readonly found: string };
  readonly AUTH_TOKEN_REFUSED: { readonly objections: readonly Objection[] };
}

/** Stable error codes. Meanings and remedies: docs/authentication.md. */
export type AuthErrorCode = keyof AuthErrorDetails;

const ACCEPTED =
  'Accepted: a private P-256 key (ES256) or Ed25519 key (EdDSA) as PEM, as base64, or inside a cdp_api_key.json.';
const COPY_AGAIN = 'Copy the whole key again from the file you downloaded when the key was created.';
const CREATE_AGAIN =
  'Create a new key at https://portal.cdp.coinbase.com with the signature algorithm Ed25519 or ECDSA.';

/** Each message has three sentences: what was found, what is accepted, how to fix it. */
const describe: { readonly [Code in AuthErrorCode]: (details: AuthErrorDetails[Code]) => string } = {
  AUTH_NOT_A_KEY: ({ found }) => `This is not a key: found ${found}. ${ACCEPTED} ${COPY_AGAIN}`,
  AUTH_PUBLIC_KEY: ({ found }) =>
    `This is the public half of a key: found ${found}. ${ACCEPTED} Use the private key; a public key can't sign.`,
  AUTH_ENCRYPTED_KEY: ({ found }) =>
    `This key is encrypted: found ${found}. ${ACCEPTED} Decrypt it first: openssl pkey -in encrypted.pem -out key.pem`,
  AUTH_WRONG_CURVE: ({ curve }) =>
    `This EC key is on the wrong curve: found ${curve}. ${ACCEPTED} ${CREATE_AGAIN}`,
  AUTH_WRONG_TYPE: ({ type }) => `This is the wrong type of key: found ${type}. ${ACCEPTED} ${CREATE_AGAIN}`,
  AUTH_TRUNCATED_KEY: ({ found }) => `This key is cut off: found ${found}. ${ACCEPTED} ${COPY_AGAIN}`,
  AUTH_WRONG_LENGTH: ({ bytes }) =>
    `This base64 text has the wrong length: found ${bytes} bytes. ${ACCEPTED} A base64 Ed25519 secret has 64 bytes (or 32, the seed alone). ${COPY_AGAIN}`,
  AUTH_KEY_MISMATCH: ({ found }) => `This key contradicts itself: found ${found}. ${ACCEPTED} ${COPY_AGAIN}`,
  AUTH_NOT_A_KEY_DOCUMENT: ({ found }) =>
    `This is not a cdp_api_key.json: found ${found}. Accepted: a JSON object with "name" (or "id") and "privateKey", both strings. Download or copy the file again.`,
  AUTH_NAME_MISSING: ({ found }) =>
    `The key has no name: found ${found}. Accepted: "organizations/{org}/apiKeys/{id}", or the id alone. Give the name beside the key, or use the whole cdp_api_key.json.`,
  AUTH_NAME_INVALID: ({ found }) =>
    `This is not a key's name: found ${found}. Accepted: "organizations/{org}/apiKeys/{id}", or the id alone. Copy the name again from https://portal.cdp.coinbase.com.`,
  AUTH_ENVIRONMENT_INCOMPLETE: ({ missing }) =>
    `The environment holds no whole key: found ${missing.join(' and ')} unset or empty. Accepted: COINBASE_API_KEY with the key's name and COINBASE_API_SECRET with its secret. Set both, or use a key file.`,
  AUTH_FILE_NOT_FOUND: ({ path }) =>
    `The key file does not exist: found nothing at ${path}. Accepted: the path of a file with a key. Check the path and the folder you run in.`,
  AUTH_FILE_UNREADABLE: ({ path, errno }) =>
    `The key file can't be read: found ${errno} at ${path}. Accepted: a file that this user can read. Check the permissions of the file and of its folders.`,
  AUTH_FILE_NOT_REGULAR: ({ path, found }) =>
    `The key file is not a plain file: found ${found} at ${path}. Accepted: a regular file, or standard input. Name the file itself, or pipe the key to standard input.`,
  AUTH_FILE_TOO_OPEN: ({ path, found }) =>
    `Others can get at the key file: found ${found} at ${path}. Accepted: a file that only its owner can read (mode 0600 or 0400), or a credential of systemd. Run: chmod 600 on it, in a folder of your own; treat a key that others could read as known to them.`,
  AUTH_FILE_OWNER: ({ path, owner, user }) =>
    `The key file belongs to somebody else: found owner ${owner} at ${path}, while this process runs as ${user}. Accepted: a file owned by the user who runs this, or by root. Copy it as this user, or run: chown`,
  AUTH_DEBUGGER_OPEN: ({ found }) =>
    `The key was not read: found ${found}, and whoever connects to it can read the key. Accepted: a process without --inspect, in NODE_OPTIONS too. Start it without, or take a key that is worth nothing.`,
  AUTH_OPTION_INVALID: ({ option, expected, given }) =>
    `This option is unusable: found ${option} as ${given}. Accepted: ${expected}. Correct the call.`,
  AUTH_CLOCK_INVALID: ({ found }) =>
    `The time for the token is unusable: found ${found}. Accepted: milliseconds since 1970 as a finite number. Check the clock and the skewMs that you pass.`,
  AUTH_SERVER_TIME_UNKNOWN: ({ found }) =>
    `The server's time could not be learned: found ${found}. Accepted: a response with a Date header. Try again, or set skewMs by hand.`,
  AUTH_TOKEN_REFUSED: ({ objections }) =>
    `The token is not acceptable: found ${objections.map(({ code }) => code).join(', ')}. Accepted: an ES256 or EdDSA token for the WebSocket feed, signed by the given key and valid now. Make a new token for each message.`,
};

/** The error class of this package; `code` is stable and narrows `details`. Safe to log: no part of a key or token. */
export class AuthError<Code extends AuthErrorCode = AuthErrorCode> extends Error {
  override readonly name = 'AuthError';
  readonly code: Code;
  readonly details: AuthErrorDetails[Code];

  constructor(code: Code, details: AuthErrorDetails[Code]) {
    // No cause: messages of JSON.parse, fs and parseArgs quote their input.
    super(describe[code](details));
    this.code = code;
    this.details = details;
  }
}

/** {@link AuthError} as a union by code: `switch (error.code)` narrows `details`. */
export type AnyAuthError = { [C in AuthErrorCode]: AuthError<C> }[AuthErrorCode];

/** Whether a value is a {@link AuthError}, also one thrown by another installed copy of the package. */
export function isAuthError(value: unknown): value is AnyAuthError {
  return value instanceof Error && value.name === 'AuthError' && 'code' in value;
}
