import { constants, type Stats } from 'node:fs';
import { lstat, open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT } from '../process/exit-codes.ts';
import { CommandFailure } from '../process/errors.ts';

/** Read from the working folder when `--config` names none. */
export const IMPLICIT_FILE = 'feedtape.config.json';

/** Not read from there any more: they are programs. */
const PROGRAMS = ['feedtape.config.mjs', 'feedtape.config.js', 'feedtape.config.ts'] as const;

/** No configuration is longer. */
const MOST_BYTES = 1024 * 1024;

export interface ConfigurationFile {
  readonly path: string;
  /** Whether the user pointed at it; else it merely lay in the working folder. */
  readonly named: boolean;
  readonly document: unknown;
}

/**
 * The file that `--config` names, JSON or a module; else the JSON file of the working folder, if there is one. Either
 * must be a regular file of this user or root that nobody else may write, and the latter no link.
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

/** A program in the working folder that earlier versions ran. */
export async function forgottenProgram(): Promise<string | undefined> {
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

/** Windows knows neither flag. O_NONBLOCK: a FIFO would be waited for. */
const WAITS_FOR_NOBODY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const FOLLOWS_NO_LINK = WAITS_FOR_NOBODY | (constants.O_NOFOLLOW ?? 0);

async function openedFile(path: string, named: boolean): Promise<FileHandle | undefined> {
  try {
    return await open(path, named ? WAITS_FOR_NOBODY : FOLLOWS_NO_LINK);
  } catch (error) {
    const { code = 'an error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !named) return undefined;
    if (code === 'ENOENT') return refuse(path, 'there is no such configuration file');
    if (code === 'ELOOP')
      return refuse(path, 'a link is not read unless it is named', `If you trust it: --config ${path}`);
    return refuse(path, `the configuration file can't be read: ${code}`);
  }
}

async function checkFile(path: string, file: FileHandle): Promise<void> {
  const stats = await file.stat();
  if (!stats.isFile()) refuse(path, 'a configuration file is a regular file');
  const user = process.geteuid?.();
  if (user === undefined) return;
  if (!isOf(stats, user))
    refuse(path, `belongs to another user (${stats.uid})`, `If you trust it: chown ${user} ${path}`);
  if ((stats.mode & 0o022) !== 0)
    refuse(path, 'others may write it', `If it is as you left it: chmod go-w ${path}`);
  const folder = await stat(dirname(await realpath(path)));
  // In a folder with the sticky bit, as /tmp, nobody can put a file in the place of another user's.
  if ((folder.mode & 0o002) !== 0 && (folder.mode & 0o1000) === 0)
    refuse(path, 'everybody may put another file in its place', 'Move it to a folder of your own.');
}

const isOf = ({ uid }: Stats, user: number): boolean => uid === user || uid === 0;

async function textOf(path: string, file: FileHandle): Promise<string> {
  const buffer = Buffer.alloc(MOST_BYTES + 1);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  if (bytesRead > MOST_BYTES) refuse(path, `is longer than ${MOST_BYTES} bytes`);
  return buffer.toString('utf8', 0, bytesRead).replace(/^\u{feff}/u, '');
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The message of JSON.parse quotes the text.
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
