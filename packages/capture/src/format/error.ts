/** What each error code carries. A key, token or frame never appears in here. */
export interface CaptureErrorDetails {
  /** Another live writer holds the folder. */
  readonly CAPTURE_LOCKED: { readonly folder: string; readonly holder: string };
  /** The folder was this process's, and is another one's now: nothing was changed in it since that was known. */
  readonly CAPTURE_LOCK_LOST: { readonly folder: string };
  /** An option that makes no sense; nothing was opened. */
  readonly CAPTURE_OPTION: { readonly option: string; readonly reason: string };
  /** The file system refused; `cause` holds its error. */
  readonly CAPTURE_IO: { readonly operation: string; readonly path: string; readonly errno: string };
  /** A frame of a private channel would land in a folder that others can read. */
  readonly CAPTURE_FOLDER_READABLE: { readonly folder: string; readonly mode: string };
  /** Something in a capture folder that is not opened: a link, a pipe, a device, a file with a second name. */
  readonly CAPTURE_UNSAFE: { readonly path: string; readonly reason: string };
  /** A folder that another user owns or may write to: nothing is written there. */
  readonly CAPTURE_FOLDER_UNSAFE: { readonly folder: string; readonly reason: string };
  /** A capture that is larger than reading may cost: more than `most` of `what`. */
  readonly CAPTURE_LIMIT: { readonly path: string; readonly what: string; readonly most: number };
  /** A line that is not a record of this format. `line` counts from 1, `offset` is the byte it starts at. */
  readonly CAPTURE_CORRUPT: {
    readonly file: string;
    readonly line: number;
    readonly offset: number;
    readonly reason: string;
  };
  /** A capture of a version that this reader does not know. */
  readonly CAPTURE_VERSION: { readonly file: string; readonly version: unknown };
  /** No capture where one was named. */
  readonly CAPTURE_NOT_FOUND: { readonly path: string };
  /** The folder or pattern is there, but no file of a capture is in it. */
  readonly CAPTURE_EMPTY: { readonly path: string };
  /** Segments that were listed, or have to be there, were deleted or moved away before they were read. */
  readonly CAPTURE_GONE: {
    readonly folder: string;
    readonly run: string;
    /** The numbers of the first and the last of them. */
    readonly from: number;
    readonly to: number;
  };
  /** The file's first line is no record of this format, so that nothing says what the rest is. */
  readonly CAPTURE_FOREIGN: { readonly file: string; readonly reason: string };
}

export type CaptureErrorCode = keyof CaptureErrorDetails;

/** What the errors that people meet most often mean. */
const meanings: Readonly<Record<string, string>> = {
  EEXIST: ' (it exists already)',
  ENOENT: ' (there is no such file or folder)',
  ENOTDIR: ' (a part of the path is no folder)',
  EISDIR: ' (it is a folder)',
  EACCES: ' (no permission)',
  EROFS: ' (the file system is read-only)',
  ENOSPC: ' (no space left)',
};

const describe: { readonly [C in CaptureErrorCode]: (details: CaptureErrorDetails[C]) => string } = {
  CAPTURE_LOCKED: ({ folder, holder }) => `${folder} is in use by ${holder}`,
  CAPTURE_LOCK_LOST: ({ folder }) =>
    `${folder} may be another recorder's: its writer.lock was taken over, removed, or not to be read for 10 s; this one has stopped writing`,
  CAPTURE_OPTION: ({ option, reason }) => `option ${option}: ${reason}`,
  CAPTURE_IO: ({ operation, path, errno }) =>
    `${operation} of ${path} failed with ${errno}${meanings[errno] ?? ''}`,
  CAPTURE_FOLDER_READABLE: ({ folder, mode }) =>
    `${folder} has mode ${mode}; private frames need a folder of mode 700`,
  CAPTURE_UNSAFE: ({ path, reason }) => `${path} is not opened: ${reason}`,
  CAPTURE_FOLDER_UNSAFE: ({ folder, reason }) => `nothing is written to ${folder}: ${reason}`,
  CAPTURE_LIMIT: ({ path, what, most }) => `${path} is beyond the limit of ${most} ${what}`,
  CAPTURE_CORRUPT: ({ file, line, offset, reason }) => `${file}:${line} (byte ${offset}): ${reason}`,
  CAPTURE_VERSION: ({ file, version }) =>
    `${file} has version ${versionText(version)}; this reader knows 1: use a newer one`,
  CAPTURE_NOT_FOUND: ({ path }) => `no capture at ${path}: nothing has this name, or matches this pattern`,
  CAPTURE_EMPTY: ({ path }) =>
    `no capture in ${path}: expected files named *.ndjson, *.ndjson.zst or *.ndjson.gz`,
  CAPTURE_GONE: ({ folder, run, from, to }) =>
    `${from === to ? `segment ${from}` : `segments ${from} to ${to}`} of run ${run} went from ${folder} before they were read`,
  CAPTURE_FOREIGN: ({ file, reason }) =>
    `${file} is not a capture (its first line: ${reason}); importFrames makes one from raw frames`,
};

/** A version as it stands in the file, cut: it may be anything that JSON can say. */
export function versionText(version: unknown): string {
  return (JSON.stringify(version) ?? 'none').slice(0, 40);
}

/** The one error this package throws; switch on `code`, which narrows `details`. */
export class CaptureError<Code extends CaptureErrorCode = CaptureErrorCode> extends Error {
  override readonly name = 'CaptureError';
  readonly code: Code;
  readonly details: CaptureErrorDetails[Code];

  constructor(code: Code, details: CaptureErrorDetails[Code], options?: ErrorOptions) {
    super(describe[code](details), options);
    this.code = code;
    this.details = details;
  }
}

/** {@link CaptureError} as a union by code: `switch (error.code)` narrows `details`. */
export type AnyCaptureError = { [C in CaptureErrorCode]: CaptureError<C> }[CaptureErrorCode];

/** Whether a value is a {@link CaptureError}, also one thrown by another installed copy of the package. */
export function isCaptureError(value: unknown): value is AnyCaptureError {
  return value instanceof Error && value.name === 'CaptureError' && 'code' in value;
}
