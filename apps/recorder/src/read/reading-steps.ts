import { CaptureError } from '@feedtape/capture';
import type { CaptureFile, ReadOptions } from '@feedtape/capture/node';
import { escaped } from '../output/printable.ts';
import { say, type Terminal } from '../output/terminal.ts';
import { showReading, type ReadingOptions } from './reading-progress.ts';

/** Shows the progress of a command that reads the files of a capture through `openCapture` or `frames`. */
export interface ReadingSteps {
  /** For `openCapture`. */
  readonly options: Required<Pick<ReadOptions, 'onSegment' | 'onGone'>>;
  /** Adds bytes of frames that were read. */
  readonly advance: (bytes: number) => void;
  readonly stop: () => void;
}

export function followReading(terminal: Terminal, reading: ReadingOptions): ReadingSteps {
  const { update, stop } = showReading(terminal, reading);
  const numbers = new Map(
    reading.files.map((file, index) => [keyOf(file), { file: file.path, number: index + 1 }]),
  );
  let current = { file: '', number: 1 };
  let bytes = 0;
  return {
    options: {
      onSegment(opened) {
        current = numbers.get(keyOf(opened)) ?? current;
      },
      onGone: warnOfGone(terminal),
    },
    advance(more) {
      bytes += more;
      update({ ...current, bytes });
    },
    stop,
  };
}

/** Names a segment that retention deleted before it was read. */
export const warnOfGone =
  ({ stderr }: Pick<Terminal, 'stderr'>): NonNullable<ReadOptions['onGone']> =>
  (gone) =>
    say(stderr, escaped(`feedtape: ${new CaptureError('CAPTURE_GONE', gone).message}`));

/** Identifies a segment by its run and number, since sealing renames its file. */
const keyOf = ({ path, run, segment }: CaptureFile): string =>
  run === undefined ? path : `${run} ${segment}`;
