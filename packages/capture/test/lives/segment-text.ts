import { createHash } from 'node:crypto';

/** A line of a segment as any JSON parser sees it. */
export interface Line {
  readonly kind: string;
  readonly [key: string]: unknown;
}

/** What a segment's text holds, and what is wrong with it. */
export interface SegmentText {
  readonly header: Line | undefined;
  /** All lines but the checkpoints, in their order. */
  readonly lines: readonly Line[];
  /** The bytes of each frame, in the order of the frames. */
  readonly payloads: readonly Buffer[];
  readonly end: Line | undefined;
  readonly lineCount: number;
  readonly frameCount: number;
  readonly gapCount: number;
  readonly sha256: string;
  readonly wrong: readonly string[];
}

const NEWLINE = 0x0a;
const RAW = Buffer.from(',"raw":');

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Reads a segment as `docs/capture-format.md` describes it, with nothing of the package that wrote it. */
export function readSegmentText(bytes: Buffer): SegmentText {
  const hash = createHash('sha256');
  const lines: Line[] = [];
  const payloads: Buffer[] = [];
  const wrong: string[] = [];
  let header: Line | undefined;
  let end: Line | undefined;
  let lineCount = 0;
  let frameCount = 0;
  let gapCount = 0;
  let mono = 0;
  let from = 0;
  for (let to = bytes.indexOf(NEWLINE); to >= 0; to = bytes.indexOf(NEWLINE, from)) {
    const text = bytes.subarray(from, to);
    const line = parsed(text);
    if (line === undefined)
      wrong.push(`line ${lineCount + 1} is no JSON: ${text.subarray(0, 60).toString()}`);
    if (end !== undefined) wrong.push(`line ${lineCount + 1} stands after the end`);
    if (line?.kind === 'checkpoint' || line?.kind === 'end') {
      const facts: Record<string, unknown> = {
        offset: from,
        lines: lineCount,
        sha256: hash.copy().digest('hex'),
      };
      if (line.kind === 'end') Object.assign(facts, { frames: frameCount, gaps: gapCount });
      for (const [key, value] of Object.entries(facts))
        if (line[key] !== value)
          wrong.push(`${line.kind} says ${key} ${String(line[key])}, not ${String(value)}`);
    }
    if (line?.kind === 'end') end = line;
    else lineCount += 1;
    if (line?.kind === 'header') header = line;
    if ((line?.kind === 'header') !== (lineCount === 1) && line?.kind !== 'end')
      wrong.push('the header is not the first line');
    if (line?.kind === 'frame') {
      frameCount += 1;
      payloads.push(payloadOf(line, text));
    }
    if (line?.kind === 'gap') gapCount += 1;
    if (typeof line?.['mono'] === 'number' && line.kind !== 'header') {
      if (line['mono'] < mono) wrong.push(`mono runs back to ${line['mono']}`);
      mono = line['mono'];
    }
    if (line !== undefined && line.kind !== 'checkpoint') lines.push(line);
    hash.update(bytes.subarray(from, to + 1));
    from = to + 1;
  }
  if (from < bytes.length) wrong.push(`${bytes.length - from} bytes after the last line`);
  hash.update(bytes.subarray(from));
  return { header, lines, payloads, end, lineCount, frameCount, gapCount, sha256: hash.digest('hex'), wrong };
}

function parsed(text: Buffer): Line | undefined {
  try {
    return JSON.parse(text.toString()) as Line;
  } catch {
    return undefined;
  }
}

function payloadOf(line: Line, text: Buffer): Buffer {
  if ('raw' in line) return text.subarray(text.indexOf(RAW) + RAW.length, -1);
  if (typeof line['text'] === 'string') return Buffer.from(line['text']);
  return Buffer.from(String(line['base64']), 'base64');
}
