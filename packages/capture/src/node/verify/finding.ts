/** Promises of a capture; a finding names the broken one. */
export type CapturePromise =
  /** The file opens, and its compressed data is whole. */
  | 'readable'
  /** It is of a version that this reader knows. */
  | 'version'
  /** Every line is a record. */
  | 'line'
  /** The first line, and only that, is a header, and it says what the file's name says. */
  | 'header'
  /** The frames of a connection are counted from 0 without holes, but for those that a gap record states. */
  | 'index'
  /** Monotonic time does not run backwards. */
  | 'mono'
  /** A checkpoint's hash is that of the bytes before it. */
  | 'checkpoint'
  /** The last line is an `end` whose counts and hash are those of the file. */
  | 'end'
  /** The segments of a run are all there, each naming the one before. */
  | 'chain'
  /** The sidecar holds the file's hash. */
  | 'sidecar'
  /** The manifest says of the files what they are. */
  | 'manifest'
  /** Copies of a segment hold the same text. */
  | 'copy'
  /** The recorded sequence gaps are those that the frames show. */
  | 'sequence'
  /** A segment is sealed; `repair` seals what a crash left. */
  | 'sealed';

/** Where in the capture something is: a line, and the bytes of the uncompressed text, `to` not included. */
export interface FindingPlace {
  readonly file: string;
  /** From 1; absent when it is about the file as a whole. */
  readonly line?: number;
  readonly from: number;
  readonly to: number;
}

/**
 * A promise that is broken; or, as `advice`, something to see to that breaks none; or, as `note`, what the capture
 * does not hold and need not: what is being written, and what was moved elsewhere.
 */
export interface Finding extends FindingPlace {
  readonly severity: 'broken' | 'advice' | 'note';
  readonly promise: CapturePromise;
  readonly message: string;
}

export interface Findings {
  readonly list: readonly Finding[];
  /** All that were found, listed or not. */
  readonly broken: number;
  add(promise: CapturePromise, place: FindingPlace, message: string, severity?: Finding['severity']): void;
}

/** Collects findings, the first `limit` of them in full: a file of garbage must not fill the memory. */
export function createFindings(limit: number): Findings {
  const list: Finding[] = [];
  let broken = 0;
  return {
    list,
    get broken() {
      return broken;
    },
    add(promise, { file, line, from, to }, message, severity = 'broken') {
      if (severity === 'broken') broken += 1;
      if (list.length >= limit) return;
      list.push({ severity, file, ...(line === undefined ? {} : { line }), from, to, promise, message });
    },
  };
}
