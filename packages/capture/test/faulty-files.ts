import { constants } from 'node:os';
import { nodeFiles } from '#node/fs/node-file-system';
import type { Files, OpenFile } from '@feedtape/capture/node';

/** A call to the file system, before it happens. */
export interface FileCall {
  readonly name: string;
  readonly path: string;
  /** Of a write: how many. */
  readonly bytes?: number;
  /** Of a write: what. */
  readonly text?: () => string;
  /** Of a write: where, unless that is the end of the file; of a truncate: the new length. */
  readonly position?: number;
}

/** Looks at a call: throws instead of it, or cuts a write to fewer bytes. */
export type Intervene = (call: FileCall) => number | undefined;

export function systemError(code: string): Error {
  // As Node gives it: libuv knows no name for this one.
  if (code === 'EDQUOT') {
    const errno = -constants.errno.EDQUOT;
    const text = `Unknown system error ${errno}`;
    return Object.assign(new Error(text), { code: text, errno });
  }
  return Object.assign(new Error(code), { code });
}

/** A file system, with something that stands before every call that changes it. */
export function watchedFiles(intervene: Intervene, files: Files = nodeFiles): Files {
  const before =
    <Rest extends unknown[], Result>(name: string, call: (path: string, ...rest: Rest) => Promise<Result>) =>
    async (path: string, ...rest: Rest): Promise<Result> => {
      intervene({ name, path });
      return await call(path, ...rest);
    };
  const watched = {
    ...files,
    link: before('link', files.link as (path: string, to: string) => Promise<void>),
    rename: before('rename', files.rename as (path: string, to: string) => Promise<void>),
    unlink: before('unlink', files.unlink as (path: string) => Promise<void>),
    async open(path: string, flags: string, mode?: number): Promise<OpenFile> {
      if (flags !== 'r') intervene({ name: 'open', path });
      return watchedFile(await files.open(path, flags, mode), path, intervene);
    },
  };
  return watched as Files;
}

function watchedFile(file: OpenFile, path: string, intervene: Intervene): OpenFile {
  const write = async (
    bytes: Uint8Array,
    from: number,
    length: number,
    position: number | null,
  ): Promise<unknown> => {
    const text = (): string => Buffer.from(bytes.subarray(from, from + length)).toString();
    const where = position === null ? {} : { position };
    const allowed = intervene({ name: 'write', path, bytes: length, ...where, text }) ?? length;
    return await file.write(bytes, from, allowed, position);
  };
  const writev = async (pieces: readonly Buffer[], position: number): Promise<unknown> => {
    const bytes = Buffer.concat(pieces);
    const text = (): string => bytes.toString();
    const allowed = intervene({ name: 'write', path, bytes: bytes.length, position, text }) ?? bytes.length;
    return await file.writev([bytes.subarray(0, allowed)], position);
  };
  const on =
    <Args extends unknown[], Result>(name: string, call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      intervene({ name, path });
      return await call(...args);
    };
  return {
    chmod: on('chmod', (mode) => file.chmod(mode)),
    close: () => file.close(),
    datasync: on('datasync', () => file.datasync()),
    read: file.read.bind(file),
    stat: file.stat.bind(file),
    sync: on('sync', () => file.sync()),
    async truncate(length) {
      intervene({ name: 'truncate', path, ...(typeof length === 'number' && { position: length }) });
      await file.truncate(length);
    },
    write: write as OpenFile['write'],
    writev: writev as OpenFile['writev'],
  };
}
