import type { FrameFilter } from '../read/filter.ts';
import type { FrameRef } from './frame-refs.ts';

/** Which frames to keep, and what to do to them. */
export interface EditOptions extends FrameFilter {
  /** Frames to drop. @default none */
  readonly drop?: readonly FrameRef[];
  /** Pairs of frames to swap; the times stay in place. @default none */
  readonly swap?: readonly (readonly [FrameRef, FrameRef])[];
  /**
   * Keys whose strings become `[redacted]` and whose numbers become 0, in frames, requests and events. Also hidden: frames
   * that are not JSON objects; words of 16 characters and more that stood under the keys, wherever they are quoted, in any
   * encoding; everything shaped like a token; and every word of 16 characters and more in frames that the recorder saw
   * quoting a secret. Reads all of the source for that. @default none
   */
  readonly redact?: readonly string[];
  /**
   * The sequence number of a frame, such as `peek` of `@feedtape/protocol` reads it. A cut by channel, product or
   * `where` then reads the source once more, and does not state numbers of omitted late frames as missing.
   */
  readonly numberOf?: (bytes: Uint8Array) => number | undefined;
  /** Note for the header, beside a description of the edit. @default none */
  readonly note?: string;
  /** Run name. @default the name of the file */
  readonly run?: string;
  /** Rejects the edit with its reason when it aborts. */
  readonly signal?: AbortSignal;
}
