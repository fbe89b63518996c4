import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { AuthError } from '../model/auth-error.ts';
import { KEY_TEXT_LIMIT } from './key-text.ts';

/**
 * O_NONBLOCK: opening a FIFO would otherwise wait for a writer before any check.
 * O_NOFOLLOW: does not follow a link created since the check of the path. Windows has neither.
 */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * The text of a key file. Opened once and checked on the open descriptor, so that the file cannot be replaced between
 * check and read.
 */
export function readKeyFileText(path: string): string {
  const shown = showPath(path);
  let file: number | undefined;
  try {
    const target = targetOf(path, shown);
    file = openSync(target, OPEN_FLAGS);
    checkFile(fstatSync(file), shown, isCredential(target) ? CREDENTIAL_FORBIDS : KEY_FORBIDS);
    const bytes = readAll(file, shown);
    try {
      return decodeKeyBytes(bytes);
    } finally {
      bytes.fill(0);
    }
  } catch (error) {
    if (error instanceof AuthError) throw error;
    const errno = errnoOf(error);
    if (errno === 'ENOENT') throw new AuthError('AUTH_FILE_NOT_FOUND', { path: shown });
    throw new AuthError('AUTH_FILE_UNREADABLE', { path: shown, errno });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The path for an error message, or a placeholder if the caller passed a key instead of a path. */
function showPath(path: string | undefined): string {
  // JavaScript callers may pass an unset environment variable.
  if (typeof path !== 'string' || path === '') return '(no path given)';
  const likeAKey = /BEGIN|privateKey|[\r\n]/.test(path) || /^[A-Za-z0-9+/_=-]{40,}$/.test(path);
  return likeAKey || path.length > 300
    ? '(a path not shown here: it may be a key)'
    : JSON.stringify(path).replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
}

export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'an error';
}

/** Forbidden permission bits: all of group and others; the group may read a credential. */
const KEY_FORBIDS = 0o077;
const CREDENTIAL_FORBIDS = 0o037;

function checkFile(stats: Stats, path: string, forbidden: number): void {
  if (!stats.isFile()) throw new AuthError('AUTH_FILE_NOT_REGULAR', { path, found: fileKind(stats) });
  const user = process.geteuid?.();
  // Windows has no such owner and mode.
  if (user === undefined) return;
  if (stats.uid !== user && stats.uid !== 0) {
    throw new AuthError('AUTH_FILE_OWNER', { path, owner: stats.uid, user });
  }
  if ((stats.mode & forbidden) !== 0) {
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    throw new AuthError('AUTH_FILE_TOO_OPEN', { path, found: `mode ${mode}` });
  }
}

function fileKind(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}

/**
 * Whether a file is directly in the credentials folder of a systemd service: owned by root or this user, closed to
 * others, and not writable by the group. Its files have mode 0440 if an access list grants the service's user read
 * access, which the group bits then represent.
 */
function isCredential(path: string): boolean {
  const given = process.env['CREDENTIALS_DIRECTORY'];
  if (given === undefined || !isAbsolute(given) || !existsSync(given)) return false;
  const folder = dirname(realpathSync(path));
  if (folder !== realpathSync(given)) return false;
  const { uid, mode } = statSync(folder);
  return (uid === 0 || uid === process.geteuid?.()) && (mode & 0o027) === 0;
}

/** Resolves a path. A link may point into a folder of the user, but not into one where everyone can create files. */
function targetOf(path: string, shown: string): string {
  if (process.geteuid === undefined || !lstatSync(path).isSymbolicLink()) return path;
  const target = realpathSync(path);
  if ((statSync(dirname(target)).mode & 0o002) !== 0) {
    throw new AuthError('AUTH_FILE_TOO_OPEN', {
      path: shown,
      found: 'a symbolic link into a folder that everybody can write to',
    });
  }
  return target;
}

function readAll(file: number, path: string): Buffer {
  const buffer = Buffer.alloc(KEY_TEXT_LIMIT + 1);
  let length = 0;
  for (;;) {
    const read = readSync(file, buffer, length, buffer.length - length, null);
    if (read === 0) return buffer.subarray(0, length);
    length += read;
    if (length > KEY_TEXT_LIMIT) {
      throw new AuthError('AUTH_NOT_A_KEY', { found: `more than ${KEY_TEXT_LIMIT} bytes at ${path}` });
    }
  }
}

/** Decodes key bytes: UTF-8, or the encoding of a byte order mark (PowerShell writes UTF-16). */
export function decodeKeyBytes(bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    throw new AuthError('AUTH_NOT_A_KEY', { found: `bytes that are not ${encoding.toUpperCase()} text` });
  }
  throw new AuthError('AUTH_NOT_A_KEY', {
    found: 'a text with NUL bytes (UTF-16 without a byte order mark?)',
  });
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  return 'utf-8';
}
