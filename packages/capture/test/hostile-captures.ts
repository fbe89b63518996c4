import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress } from 'node:zlib';
import { encodeRecord } from '@feedtape/capture';
import { headerLine, instantAt } from './capture-files.ts';

const AT = instantAt(0);
const MIB = 1024 * 1024;

/** Texts, about 120 bytes for each of their lines, that are small when they are compressed, and cost a reader that keeps something of each line. */
export const HOSTILE_TEXTS: Readonly<Record<string, (lines: number) => Iterable<string>>> = {
  *'a connection for each frame'(lines) {
    for (let n = 0; n < lines; n += 1) yield frame(n, 0);
  },
  *'a connection for each opening'(lines) {
    for (let n = 0; n < lines; n += 1) yield connection(n, 'open');
  },
  *'a hole before each frame'(lines) {
    for (let n = 0; n < lines; n += 1) yield frame(0, 2 * n + 1);
  },
  *'a loss for each line'(lines) {
    for (let n = 0; n < lines; n += 1) yield gap(0, 'disk_full', 3 * n);
  },
  *'an event of its own on each line'(lines) {
    for (let n = 0; n < lines; n += 1) yield connection(n % 1000, `${n}${'x'.repeat(900)}`);
  },
  *'a reason of its own for each gap'(lines) {
    for (let n = 0; n < lines; n += 1) yield gap(0, `${n}${'x'.repeat(900)}`, n);
  },
  *'one line without an end'(lines) {
    for (let n = 0; n < lines; n += 1) yield 'x'.repeat(600);
  },
  *'a record of objects without an end'(lines) {
    yield `{"kind":"clock","offsetMs":0,"at":"${AT}","mono":0,"x":[{}`;
    for (let n = 0; n < lines; n += 1) yield ',{}'.repeat(40);
    yield ']}\n';
  },
};

const frame = (number: number, index: number): string =>
  `{"kind":"frame","connection":${number},"index":${index},"at":"${AT}","mono":0,"raw":{"sequence_num":${3 * index}}}\n`;
const connection = (number: number, event: string): string =>
  `{"kind":"connection","connection":${number},"event":"${event}","at":"${AT}","mono":0}\n`;
const gap = (number: number, why: string, from: number): string =>
  `{"kind":"gap","connection":${number},"at":"${AT}","mono":0,"why":"${why}","count":1,"from":${from},"to":${from}}\n`;

/** Writes a segment without an end, compressed. */
export async function writeHostile(path: string, lines: Iterable<string>): Promise<void> {
  const header = Buffer.from(encodeRecord(headerLine())).toString();
  const pieces = function* (): Generator<string> {
    yield header;
    let piece = '';
    for (const line of lines) {
      piece += line;
      if (piece.length < MIB) continue;
      yield piece;
      piece = '';
    }
    yield piece;
  };
  await pipeline(Readable.from(pieces()), createZstdCompress(), createWriteStream(path));
}
