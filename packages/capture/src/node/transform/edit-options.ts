import type { FrameFilter } from '../read/filter.ts';
import type { FrameRef } from './frame-refs.ts';

/** Which frames to keep, and what to do to them. */
export interface EditOptions extends FrameFilter {
  readonly drop?: readonly FrameRef[];
  /** Pairs of frames that change places; the times stay where they are. */
  readonly swap?: readonly (readonly [FrameRef, FrameRef])[];
  /**
   * Keys under which every string becomes `[redacted]` and every number 0, in frames, requests and events. A
   * frame that is not a JSON object is hidden whole. What stood under the keys (from 16
   * characters, in one word) is hidden wherever else it is quoted, in any encoding; so is whatever is shaped like a
   * token, and in frames that the recorder saw quoting a secret every word of 16 characters and more. All of the
   * source is read for that, also what is not kept.
   */
  readonly redact?: readonly string[];
  /**
   * The sequence number of a frame, such as `peek` of `@feedtape/protocol` reads it. A cut by channel, product or
   * `where` then reads the source once more, and what late frames brought that are left out is not stated as missing.
   */
  readonly numberOf?: (bytes: Uint8Array) => number | undefined;
  /** Said in the header beside what was done. */
  readonly note?: string;
  /** @default the name of the file */
  readonly run?: string;
  readonly signal?: AbortSignal;
}
