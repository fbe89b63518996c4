/** Exit codes, as in sysexits.h where it defines one. */
export const EXIT = {
  ok: 0,
  usage: 64,
  verificationFailed: 65,
  gaveUpConnecting: 69,
  internal: 70,
  folderInUse: 73,
  inputOutput: 74,
  permission: 77,
  configuration: 78,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
