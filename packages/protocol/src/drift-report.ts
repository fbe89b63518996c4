import type * as z from 'zod';
import { decode } from './decode.ts';
import type { Decoded, Issue } from './model/decoded.ts';
import { shortJson } from './fallback/issues.ts';
import { errorSchema } from './messages/error.ts';
import { MESSAGE_SCHEMAS } from './model/message.ts';
import { definitionOf } from './fallback/odd-parts.ts';

/** Data on the wire that the schemas do not describe. */
export interface Drift {
  /**
   * `channel`: a channel without a schema. `key`: a key unknown to the schema. `value`: a word unknown for its field.
   * `invalid`: a value that a schema rejects. `malformed`: not JSON.
   */
  readonly kind: 'channel' | 'key' | 'value' | 'invalid' | 'malformed';
  /** `l2_data.events[].updates[].side` */
  readonly where: string;
  /** How often. */
  readonly count: number;
  /** The first one, as JSON of at most 200 characters; for missing and malformed data, the error. */
  readonly example: string;
}

/** The findings of a {@link DriftReport} so far. Empty `drifts` means that the schemas describe every frame. */
export interface DriftSummary {
  readonly frames: number;
  /** Frames by response channel; error replies as `error`. */
  readonly channels: Readonly<Record<string, number>>;
  /** The most frequent first. */
  readonly drifts: readonly Drift[];
  /** Occurrences of drifts beyond the first 1,000 different ones. */
  readonly unlisted: number;
}

/** Collects data that the schemas do not describe; see {@link createDriftReport}. */
export interface DriftReport {
  /** Adds one frame. Never throws. */
  add(frame: Uint8Array | string): void;
  report(): DriftSummary;
}

/** Limit of different drifts, and of different channels, per report. */
const MOST_ENTRIES = 1_000;
const LONGEST_EXAMPLE = 200;

/**
 * Creates a report that compares frames with the schemas: new channels, keys and words. Memory is bounded: 1,000
 * different findings, one example each.
 *
 * @example
 * ```ts
 * const drift = createDriftReport();
 * for (const frame of frames) drift.add(frame);
 * console.log(drift.report().drifts);
 * ```
 */
export function createDriftReport(): DriftReport {
  const drifts = new Map<string, { -readonly [Key in keyof Drift]: Drift[Key] }>();
  const channels = new Map<string, number>();
  let frames = 0;
  let unlisted = 0;

  const note: Note = (kind, where, example) => {
    const key = `${kind} ${where}`;
    const known = drifts.get(key);
    if (known !== undefined) known.count += 1;
    else if (drifts.size >= MOST_ENTRIES) unlisted += 1;
    else drifts.set(key, { kind, where, count: 1, example: example() });
  };

  return {
    add(frame) {
      frames += 1;
      const decoded = decode(frame);
      const channel = channelOf(decoded);
      if (channels.has(channel) || channels.size < MOST_ENTRIES)
        channels.set(channel, (channels.get(channel) ?? 0) + 1);
      noteDrifts(decoded, note);
    },
    report: () => ({
      frames,
      channels: Object.fromEntries(channels),
      drifts: [...drifts.values()].toSorted((a, b) => b.count - a.count).map((drift) => ({ ...drift })),
      unlisted,
    }),
  };
}

type Note = (kind: Drift['kind'], where: string, example: () => string) => void;

function channelOf(decoded: Decoded): string {
  if (decoded.kind === 'error' || decoded.kind === 'malformed') return decoded.kind;
  return (decoded.channel ?? 'none').slice(0, LONGEST_EXAMPLE);
}

function noteDrifts(decoded: Decoded, note: Note): void {
  switch (decoded.kind) {
    case 'message':
      noteIssues(decoded.channel, decoded.oddities ?? [], note);
      compare(MESSAGE_SCHEMAS[decoded.channel], decoded.message, decoded.channel, note);
      return;
    case 'error':
      compare(errorSchema, decoded.message, 'error', note);
      return;
    case 'unknown':
      note('channel', decoded.channel === undefined ? '(none)' : printable(decoded.channel), () =>
        shortJson(decoded.value),
      );
      return;
    case 'invalid':
      noteIssues(decoded.channel ?? 'error', decoded.issues, note);
      return;
    case 'malformed':
      note('malformed', decoded.reason, () => shortJson(decoded.head));
  }
}

function noteIssues(channel: string, issues: readonly Issue[], note: Note): void {
  for (const { path, message, value } of issues)
    note('invalid', `${channel}.${path.replaceAll(/\[\d+\]/g, '[]')}`, () => value ?? message);
}

/** Walks the schema, so its depth bounds the recursion, not that of the data. */
function compare(schema: z.ZodType, value: unknown, where: string, note: Note): void {
  const def = definitionOf(schema);
  switch (def.type) {
    case 'optional':
      if (def.innerType !== undefined) compare(def.innerType, value, where, note);
      return;
    case 'array':
      if (def.element !== undefined)
        for (const item of value as readonly unknown[]) compare(def.element, item, `${where}[]`, note);
      return;
    case 'object':
      compareObject(def.shape ?? {}, value as object, where, note);
      return;
    case 'string': {
      const known = schema.meta()?.['examples'] as readonly unknown[] | undefined;
      if (known !== undefined && !known.includes(value)) note('value', where, () => shortJson(value));
    }
  }
}

function compareObject(
  shape: Readonly<Record<string, z.ZodType>>,
  value: object,
  where: string,
  note: Note,
): void {
  for (const [key, item] of Object.entries(value)) {
    const schema = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (schema === undefined) note('key', `${where}.${printable(key)}`, () => shortJson(item));
    else compare(schema, item, `${where}.${key}`, note);
  }
}

/** External text in a report: one line, printable, short. */
function printable(text: string): string {
  return JSON.stringify(text.slice(0, LONGEST_EXAMPLE)).slice(1, -1);
}
