import type { Publication } from '../market/publication.ts';
import type { NumberedFrame, Numbering } from './numbering.ts';

/** A frame out of a capture. */
export interface RecordedFrame {
  readonly bytes: Buffer;
  readonly binary: boolean;
  /** What it says of itself, where it says so. */
  readonly sequence: number | undefined;
  readonly channel: string | undefined;
  readonly product: string | undefined;
  /** Before and from `,"events":[`, one character a byte; undefined for a frame without events. */
  readonly split: { readonly head: string; readonly tail: string } | undefined;
}

/**
 * Recorded frames keep their numbers, gaps and all, until a fault puts a frame in, takes one out or counts anew:
 * from then on every number is off by as much.
 */
export interface Renumbering {
  /** Whether frames can no longer go out byte for byte. */
  readonly isOff: () => boolean;
  /** A frame that the exchange never made: the next ones follow without a gap. */
  skip(): void;
  /** Numbers what becomes of one recorded frame. */
  of(frame: NumberedRecording): Numbering;
}

type NumberedRecording = Pick<RecordedFrame, 'channel'> & {
  readonly sequence: number;
  readonly head: string;
};

export function createRenumbering(): Renumbering {
  let offset = 0;
  return {
    isOff: () => offset !== 0,
    skip() {
      offset -= 1;
    },
    of({ sequence: recorded, channel: own = '', head }) {
      // So far nothing came of it; the first frame takes its place, every other moves all behind it on.
      offset -= 1;
      return {
        number({ channel, tail }: Publication): NumberedFrame {
          offset += 1;
          const sequence = recorded + offset;
          const front = head
            .replace(`"channel":"${own}"`, `"channel":"${channel}"`)
            .replace(`"sequence_num":${recorded}`, `"sequence_num":${sequence}`);
          return { sequence, channel, text: front + tail };
        },
        restart() {
          offset = -1 - recorded;
        },
      };
    },
  };
}
