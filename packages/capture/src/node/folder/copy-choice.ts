import { closeSync, readSync } from 'node:fs';
import { parseRecord } from '../../format/parse.ts';
import type { CaptureFile } from './capture-file.ts';
import { plainPath } from './capture-file.ts';
import { isFileAt, openToRead } from '../fs/read-only.ts';

/**
 * Of copies of one segment the one to read: the plain file, which the compressed one was made of, where it is whole,
 * and a `.partial` last. What is no file, or was cut short, hides no other.
 */
export function withoutCopies(files: readonly CaptureFile[]): readonly CaptureFile[] {
  const copies = new Map<string, CaptureFile[]>();
  for (const file of files) {
    const known = copies.get(plainPath(file));
    if (known === undefined) copies.set(plainPath(file), [file]);
    else known.push(file);
  }
  return [...copies.values()].map(chosenOf);
}

function chosenOf(copies: readonly CaptureFile[]): CaptureFile {
  const [first, ...others] = copies.toSorted((a, b) => preference(a) - preference(b));
  if (first === undefined || others.length === 0) return first as CaptureFile;
  return [first, ...others].find(mayBeRead) ?? first;
}

const preference = ({ form }: CaptureFile): number => ['plain', 'zst', 'gz', 'partial'].indexOf(form);

const mayBeRead = ({ path, form }: CaptureFile): boolean =>
  isFileAt(path) && (form !== 'plain' || endsWhole(path));

/** No `end` is longer. */
const END_BYTES = 1024;
const NEWLINE = 0x0a;

/** Whether the last line of a plain file is an `end` that says where it stands. False also when it cannot be read. */
function endsWhole(path: string): boolean {
  let descriptor: number | undefined;
  try {
    const opened = openToRead(path);
    ({ descriptor } = opened);
    const tail = Buffer.alloc(Math.min(END_BYTES, opened.size));
    const read = readSync(descriptor, tail, 0, tail.length, opened.size - tail.length);
    const from = tail.subarray(0, read - 1).lastIndexOf(NEWLINE) + 1;
    if (tail[read - 1] !== NEWLINE) return false;
    const line = parseRecord(tail.subarray(from, read - 1));
    return (
      line.kind === 'record' &&
      line.record.kind === 'end' &&
      line.record.offset === opened.size - tail.length + from
    );
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
