import { basename } from 'node:path';
import { parseSegmentName } from '../../format/segment-name.ts';

/** How a segment stands on disk. `partial` is one that is being written, or that a crash left. */
export type CaptureFileForm = 'plain' | 'partial' | 'zst' | 'gz';

/** One file of a capture. A file with a name of its own, such as a fixture, has no run and no number. */
export interface CaptureFile {
  readonly path: string;
  readonly form: CaptureFileForm;
  readonly run?: string;
  readonly segment?: number;
}

/** How the name of a segment file ends. */
export const SEGMENT_ENDING: RegExp = /\.ndjson(?:\.(partial|zst|gz))?$/;

/** A file by what its name says. */
export function captureFile(path: string): CaptureFile {
  const name = basename(path);
  const form = (SEGMENT_ENDING.exec(name)?.[1] ?? 'plain') as CaptureFileForm;
  const { run, segment } = parseSegmentName(name) ?? {};
  return run === undefined || segment === undefined ? { path, form } : { path, form, run, segment };
}

/** The path of the sealed plain file: the same for every copy of one segment. */
export function plainPath({ path }: CaptureFile): string {
  return path.replace(SEGMENT_ENDING, '.ndjson');
}
