import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { env, ppid } from 'node:process';

const SIGHUP_BIT = 1n;
const ACCESS_MODE = 0o3;
const WRITE_ONLY = 0o1;

/**
 * Detects `nohup`. Node resets every signal to its default at the start, so the process's own state does not show it;
 * the command name that bash and zsh pass in `_` does, as does a parent that ignores SIGHUP (a script under `nohup`) or
 * a standard input that `nohup` opened. The last two need `/proc`.
 */
export function ignoresHangup(): boolean {
  return basename(env['_'] ?? '') === 'nohup' || parentIgnoresHangup() || hasInputOfNohup();
}

function parentIgnoresHangup(): boolean {
  const [, ignored] = /^SigIgn:\s*([0-9a-f]{1,32})$/mu.exec(textOf(`/proc/${ppid}/status`)) ?? [];
  return ignored !== undefined && (BigInt(`0x${ignored}`) & SIGHUP_BIT) !== 0n;
}

/** `nohup` replaces a terminal by /dev/null, opened write-only so that reading fails. */
function hasInputOfNohup(): boolean {
  const [, flags] = /^flags:\s*([0-7]{1,16})$/mu.exec(textOf('/proc/self/fdinfo/0')) ?? [];
  if (flags === undefined || (Number.parseInt(flags, 8) & ACCESS_MODE) !== WRITE_ONLY) return false;
  try {
    return readlinkSync('/proc/self/fd/0') === '/dev/null';
  } catch {
    return false;
  }
}

/** Empty if there is no such file. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
