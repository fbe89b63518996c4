import type { FramePlace } from './frame-rows.ts';

/** Undecodable and partial frames that are listed with their places; all are counted. */
const MOST_LISTED = 20;

/** A frame that could not be exported, or not all of it, and why. */
export interface UndecodableFrame extends FramePlace {
  readonly channel: string | undefined;
  readonly why: string;
}

/**
 * What became of every frame that was read: `read` is the sum of `exported`, `notSelected`, `errors`,
 * `undecodable`, and those of `withoutTable` and `unknown`.
 */
export interface FrameTally {
  read: number;
  exported: number;
  /** Of the exported: frames of which values or items were odd and left out of the rows. */
  partial: number;
  /** None of its rows is about a product of `--product`. */
  notSelected: number;
  /** By channel: it has no table, or its table was not asked for. */
  readonly withoutTable: Map<string, number>;
  /** By channel: ones that the schemas do not know. */
  readonly unknown: Map<string, number>;
  /** Error replies. */
  errors: number;
  /** Not JSON, or refused by the schema of its channel. */
  undecodable: number;
  /** The first of them, and of the partial ones. */
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
const MOST_CHANNELS = 100;

export function countChannel(counts: Map<string, number>, channel: string | undefined): void {
  const name = channel ?? '(none)';
  const key = counts.has(name) || counts.size < MOST_CHANNELS ? name : '(others)';
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function countPartial(tally: FrameTally, frame: UndecodableFrame): void {
  tally.partial += 1;
  if (tally.listed.length < MOST_LISTED) tally.listed.push(frame);
}

export function countUndecodable(tally: FrameTally, frame: UndecodableFrame): void {
  tally.undecodable += 1;
  if (tally.listed.length < MOST_LISTED) tally.listed.push(frame);
}
