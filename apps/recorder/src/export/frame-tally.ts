import type { FramePlace } from './frame-rows.ts';

/** Undecodable and partial frames that are listed; all are counted. */
const MAX_LISTED = 20;

/** A frame that could not be exported, or only in part. */
export interface UndecodableFrame extends FramePlace {
  readonly channel: string | undefined;
  readonly why: string;
}

/**
 * Accounts for every frame that was read: `read` is the sum of `exported`, `notSelected`, `errors`,
 * `undecodable`, and those of `withoutTable` and `unknown`.
 */
export interface FrameTally {
  read: number;
  exported: number;
  /** Exported frames with invalid values or items, which are not in the rows. */
  partial: number;
  /** Frames about no product of `--product`. */
  notSelected: number;
  /** By channel: without a table, or with one that was not selected. */
  readonly withoutTable: Map<string, number>;
  /** By channel that the schemas do not know. */
  readonly unknown: Map<string, number>;
  /** Error replies. */
  errors: number;
  /** Not JSON, or rejected by the schema of the channel. */
  undecodable: number;
  /** The first undecodable and partial frames. */
  readonly listed: UndecodableFrame[];
}

export const createFrameTally = (): FrameTally => ({
  read: 0,
  exported: 0,
  partial: 0,
  notSelected: 0,
  withoutTable: new Map(),
  unknown: new Map(),
  errors: 0,
  undecodable: 0,
  listed: [],
});

/** A hostile capture may name any number of channels. */
const MAX_CHANNELS = 100;

export function countChannel(counts: Map<string, number>, channel: string | undefined): void {
  const name = channel ?? '(none)';
  const key = counts.has(name) || counts.size < MAX_CHANNELS ? name : '(others)';
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function countPartial(tally: FrameTally, frame: UndecodableFrame): void {
  tally.partial += 1;
  if (tally.listed.length < MAX_LISTED) tally.listed.push(frame);
}

export function countUndecodable(tally: FrameTally, frame: UndecodableFrame): void {
  tally.undecodable += 1;
  if (tally.listed.length < MAX_LISTED) tally.listed.push(frame);
}
