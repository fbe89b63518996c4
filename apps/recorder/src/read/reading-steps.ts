import { CaptureError } from '@feedtape/capture';
import type { CaptureFile, ReadOptions } from '@feedtape/capture/node';
import { escaped } from '../output/printable.ts';
import type { PlannedFile } from './reading-plan.ts';
import type { ReadingProgress } from './reading-progress.ts';
import { say, type Terminal } from '../output/terminal.ts';

/** What a command tells while it reads the files of a capture as one, so that times are looked up and not read up to. */
export interface ReadingSteps {
  /** For `openCapture`. */
  readonly options: Required<Pick<ReadOptions, 'onSegment' | 'onGone'>>;
  /** The file that is read. */
  readonly file: CaptureFile | undefined;
  /** So many more bytes of frames were read. */
  advance(bytes: number): void;
}

export function followReading(
  terminal: Terminal,
  files: readonly PlannedFile[],
  progress: ReadingProgress,
): ReadingSteps {
  let file: CaptureFile | undefined;
  let planned = { path: '', number: 1 };
  let bytes = 0;
  const numbers = new Map(files.map((each, index) => [keyOf(each), { path: each.path, number: index + 1 }]));
  return {
    options: {
      onSegment(opened) {
        file = opened;
        planned = numbers.get(keyOf(opened)) ?? planned;
      },
      onGone(gone) {
        say(terminal.stderr, escaped(`feedtape: ${new CaptureError('CAPTURE_GONE', gone).message}`));
      },
    },
    get file() {
      return file;
    },
    advance(more) {
      bytes += more;
      progress.update({ file: planned.path, number: planned.number, bytes });
    },
  };
}

/** Its path may be another by now. */
const keyOf = ({ path, run, segment }: CaptureFile): string =>
  run === undefined ? path : `${run} ${segment}`;
