import { isCaptureError } from '@feedtape/capture';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** A failed command, with an exit code and an optional hint for the user. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(exitCode: ExitCode, message: string, options: ErrorOptions & { readonly hint?: string } = {}) {
    super(message, options);
    this.exitCode = exitCode;
    this.hint = options.hint;
  }
}

/** Exit codes for errors of the packages, by the stable part of their codes. */
const exitCodes: readonly (readonly [RegExp, ExitCode])[] = [
  [/^CAPTURE_(?:FOLDER_)?(?:IN_USE|LOCKED)/u, EXIT.folderInUse],
  [/^CAPTURE_OPTION/u, EXIT.usage],
  [/^CAPTURE_FOLDER_UNSAFE/u, EXIT.permission],
  [/^CAPTURE_/u, EXIT.inputOutput],
  [/^SIMULATOR_(?:OPTION|FAULT)_/u, EXIT.usage],
  [/^SIMULATOR_/u, EXIT.inputOutput],
  [/^AUTH_.*(?:NOT_FOUND|IO|UNREADABLE)/u, EXIT.inputOutput],
  [/^AUTH_/u, EXIT.permission],
  [/^CLIENT_AUTH/u, EXIT.permission],
  [/^CLIENT_(?:GAVE_UP|CONNECT)/u, EXIT.gaveUpConnecting],
  [/^CLIENT_(?:INSECURE|TLS)/u, EXIT.configuration],
  [/^(?:CLIENT|PROTOCOL)_/u, EXIT.usage],
  [
    /^(?:EADDRINUSE|EADDRNOTAVAIL|EACCES|EPERM|EROFS|ENOENT|ENOTDIR|EISDIR|ENOSPC|EDQUOT|EMFILE|ENFILE|EIO|EPIPE)$/u,
    EXIT.inputOutput,
  ],
];

/** The next step, where the command line has one that the package cannot know. `program`: how it was called. */
const hints = (program: string): Readonly<Record<string, string>> => ({
  CAPTURE_LOCKED: 'Only one recorder can use a folder: choose another --out, or stop the other recorder.',
  CAPTURE_FOREIGN: `"${program} import" converts raw frames to a capture.`,
  CLIENT_INSECURE: 'Use --insecure-ws for a server in your own network; certificates are always verified.',
  EADDRINUSE: 'Another program listens there; choose another port.',
  SIMULATOR_PORT_UNAVAILABLE:
    'Another program may listen there; choose another --port, or none for a free one.',
});

/** Whether the file system or the user's quota has no space left. */
export function isOutOfSpace(error: unknown): error is Error {
  return NO_ROOM.test(
    isCaptureError(error) && error.code === 'CAPTURE_IO' ? error.details.errno : codeOf(error),
  );
}

const NO_ROOM = /^(?:ENOSPC|EDQUOT)$/u;

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';

/** Maps anything a command threw to an exit code, a message and a hint. */
export function explainFailure(
  error: unknown,
  program: string,
): {
  exitCode: ExitCode;
  message: string;
  details?: readonly string[];
  hint: string | undefined;
} {
  if (error instanceof CommandFailure)
    return { exitCode: error.exitCode, message: error.message, hint: error.hint };
  const code = codeOf(error);
  const known = exitCodes.find(([pattern]) => pattern.test(code));
  if (known !== undefined) {
    const hint = isOutOfSpace(error)
      ? 'Free some space on that disk and run the command again.'
      : hints(program)[code];
    return { exitCode: known[1], message: (error as Error).message, hint };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const [first = '', ...details] = text.split('\n');
  return {
    exitCode: EXIT.internal,
    message: `internal error: ${first}`,
    details,
    hint: 'This is a bug in feedtape; everything recorded so far is safe. Please report it with the lines above.',
  };
}
