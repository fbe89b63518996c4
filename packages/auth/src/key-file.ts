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
import { AuthError } from './auth-error.ts';
import { KEY_TEXT_LIMIT } from './key-text.ts';

/**
 * O_NONBLOCK: opening a FIFO would otherwise wait for a writer before anything can be checked.
 * O_NOFOLLOW: a link put there since we looked is not followed. Windows has neither.
 */
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/**
 * The text of a key file. Opened once, and everything is checked on that open file: nothing can be put in its
 * place between the check and the reading.
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

/** The path as an error may name it: not at all where somebody gave the key itself in place of a path. */
function showPath(path: string | undefined): string {
  // Callers in JavaScript pass a variable of the environment that is not set.
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

/** What nobody but the owner may do; with a credential, the group may read. */
const KEY_FORBIDS = 0o077;
const CREDENTIAL_FORBIDS = 0o037;

function checkFile(stats: Stats, path: string, forbidden: number): void {
  if (!stats.isFile()) throw new AuthError('AUTH_FILE_NOT_REGULAR', { path, found: fileKind(stats) });
  const user = process.geteuid?.();
  // Windows has neither owner nor mode in this sense.
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
 * Whether a file lies directly in the folder in which systemd gives a service its credentials: root's or this user's
 * own, closed to everybody else but a group that may not write. Its files have mode 0440 where an access list lets the
 * user of the service read them, which is what the group's bits stand for.
 */
function isCredential(path: string): boolean {
  const given = process.env['CREDENTIALS_DIRECTORY'];
  if (given === undefined || !isAbsolute(given) || !existsSync(given)) return false;
  const folder = dirname(realpathSync(path));
  if (folder !== realpathSync(given)) return false;
  const { uid, mode } = statSync(folder);
  return (uid === 0 || uid === process.geteuid?.()) && (mode & 0o027) === 0;
}

/** Where a path leads. A link may lead into a folder of the user's own, not into one where everybody can put files. */
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

/** Text of a key from bytes: UTF-8, or what its byte order mark says (PowerShell writes UTF-16). */
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
