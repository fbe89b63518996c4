import { isCaptureError } from '@feedtape/capture';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** A command that can't do its job, with the exit code and the next step for the person at the terminal. */
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

/** What a package's error means for the exit code, by the stable part of its code. */
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
  CAPTURE_LOCKED: 'One recorder a folder: choose another --out, or stop the other one.',
  CAPTURE_FOREIGN: `"${program} import" makes a capture of raw frames.`,
  CLIENT_INSECURE:
    'For a server of your own network there is --insecure-ws; certificates are always verified.',
  EADDRINUSE: 'Another program listens there; choose another port.',
  SIMULATOR_PORT_UNAVAILABLE:
    'Another program may listen there; choose another --port, or none for a free one.',
});

/** Whether the file system has no room, or the user's quota none. */
export function isDiskFull(error: unknown): error is Error {
  return NO_ROOM.test(
    isCaptureError(error) && error.code === 'CAPTURE_IO' ? error.details.errno : codeOf(error),
  );
}

const NO_ROOM = /^(?:ENOSPC|EDQUOT)$/u;

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';

/** The exit code, sentence and next step for anything a command threw. */
export function explainFailure(
  error: unknown,
  program: string,
): {
  exitCode: ExitCode;
  message: string;
  hint: string | undefined;
} {
  if (error instanceof CommandFailure)
    return { exitCode: error.exitCode, message: error.message, hint: error.hint };
  const code = codeOf(error);
  const known = exitCodes.find(([pattern]) => pattern.test(code));
  if (known !== undefined) {
    const hint = isDiskFull(error)
      ? 'Make room on that disk, and give the command again.'
      : hints(program)[code];
    return { exitCode: known[1], message: (error as Error).message, hint };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exitCode: EXIT.internal,
    message: `internal error: ${text}`,
    hint: 'This is a bug in feedtape; what was recorded so far is safe. Please report it with the lines above.',
  };
}
