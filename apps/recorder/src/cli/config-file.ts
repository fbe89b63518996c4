import { constants, type Stats } from 'node:fs';
import { lstat, open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT } from '../process/exit-codes.ts';
import { CommandFailure } from '../process/errors.ts';

/** Read from the working folder when there is no `--config`. */
export const IMPLICIT_FILE = 'feedtape.config.json';

/** Modules, which earlier versions ran from the working folder. */
const PROGRAMS = ['feedtape.config.mjs', 'feedtape.config.js', 'feedtape.config.ts'] as const;

/** Longer files are rejected. */
const MAX_BYTES = 1024 * 1024;

export interface ConfigurationFile {
  readonly path: string;
  /** Whether `--config` named it; otherwise it was found in the working folder. */
  readonly named: boolean;
  readonly document: unknown;
}

/**
 * Reads the file that `--config` names, JSON or a module, or else the JSON file of the working folder, if present. It
 * must be a regular file owned by this user or root and writable by nobody else; in the working folder, also no link.
 * @throws CommandFailure with exit code 78
 */
export async function readConfigurationFile(
  named: string | undefined,
): Promise<ConfigurationFile | undefined> {
  const path = resolve(named ?? IMPLICIT_FILE);
  const file = await openedFile(path, named !== undefined);
  if (file === undefined) return undefined;
  try {
    await checkFile(path, file);
    const isJson = path.endsWith('.json');
    const document = isJson ? parsed(path, await textOf(path, file)) : await exportOf(path);
    return { path, named: named !== undefined, document };
  } finally {
    await file.close();
  }
}

/** Finds a module in the working folder that earlier versions ran. */
export async function ignoredModule(): Promise<string | undefined> {
  for (const name of PROGRAMS) {
    const found = await lstat(name).then(
      () => true,
      () => false,
    );
    if (found) return name;
  }
  return undefined;
}

const refuse = (path: string, why: string, hint?: string): never => {
  throw new CommandFailure(EXIT.configuration, `${path}: ${why}`, hint === undefined ? {} : { hint });
};

/** Windows has neither flag. O_NONBLOCK: opening a FIFO would block. */
const READ_NO_WAIT = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const READ_NO_LINK = READ_NO_WAIT | (constants.O_NOFOLLOW ?? 0);

async function openedFile(path: string, named: boolean): Promise<FileHandle | undefined> {
  try {
    return await open(path, named ? READ_NO_WAIT : READ_NO_LINK);
  } catch (error) {
    const { code = 'an error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !named) return undefined;
    if (code === 'ENOENT') return refuse(path, 'no such configuration file');
    if (code === 'ELOOP')
      return refuse(path, 'links are read only when named', `If you trust it: --config ${path}`);
    return refuse(path, `the configuration file can't be read: ${code}`);
  }
}

async function checkFile(path: string, file: FileHandle): Promise<void> {
  const stats = await file.stat();
  if (!stats.isFile()) refuse(path, 'not a regular file');
  const user = process.geteuid?.();
  if (user === undefined) return;
  if (!isOf(stats, user))
    refuse(path, `belongs to another user (${stats.uid})`, `If you trust it: chown ${user} ${path}`);
  if ((stats.mode & 0o022) !== 0)
    refuse(path, 'writable by other users', `If its content is yours: chmod go-w ${path}`);
  const folder = await stat(dirname(await realpath(path)));
  // A module is opened again by its name, so nobody may replace it in between. JSON is read from the checked file.
  const others = path.endsWith('.json') ? 0o002 : 0o022;
  // The sticky bit, as on /tmp, keeps other users from replacing the file.
  if ((folder.mode & others) !== 0 && (folder.mode & 0o1000) === 0)
    refuse(path, 'other users may replace it', 'Move it to a folder that only you can write.');
}

const isOf = ({ uid }: Stats, user: number): boolean => uid === user || uid === 0;

async function textOf(path: string, file: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(MAX_BYTES + 1);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  if (bytesRead > MAX_BYTES) refuse(path, `is longer than ${MAX_BYTES} bytes`);
  return buffer.toString('utf8', 0, bytesRead).replace(/^\u{feff}/u, '');
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of JSON.parse quotes the text, which may hold a secret.
    return refuse(path, 'is not valid JSON');
  }
}

async function exportOf(path: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(await realpath(path)).href)) as { default?: unknown };
    return module.default;
  } catch (error) {
    throw new CommandFailure(
      EXIT.configuration,
      `${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
