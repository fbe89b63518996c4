import { endOfString } from '../json/json-string.ts';
import { endOfValue, isOneLineObject } from '../json/is-one-line-object.ts';
import { decodePayload } from './payload.ts';
import { CAPTURE_VERSION } from './records.ts';
import type { CaptureRecord, FrameRecord, PayloadEncoding, SentRecord } from './records.ts';
import { isRecordShape } from './record-schema.ts';
import { decodeUtf8, encodeUtf8 } from '../json/utf8.ts';

/** What one line is. A kind that this version does not know is to be skipped; anything else is broken. */
export type ParsedLine =
  | { readonly kind: 'record'; readonly record: CaptureRecord }
  | { readonly kind: 'unknown'; readonly name: string }
  | { readonly kind: 'unsupported'; readonly version: unknown }
  | { readonly kind: 'corrupt'; readonly reason: string };

export interface ParseOptions {
  /**
   * Also check that a `raw` payload is one complete JSON object. Off by default: reading cuts the payload
   * out by its place and does not need it; `verify` does.
   */
  readonly strict?: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** The longest record that is not a frame or a request, and the longest envelope of one, in bytes. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
/** The longest header: a reader keeps one of each segment. */
export const MAX_HEADER_BYTES: number = 256 * 1024;

const corrupt = (reason: string): ParsedLine => ({ kind: 'corrupt', reason });

/**
 * Reads one line, without its newline. Never throws. A payload is a view into `line`, valid as long as the
 * caller leaves those bytes alone.
 */
export function parseRecord(line: Uint8Array | string, options: ParseOptions = {}): ParsedLine {
  const bytes = typeof line === 'string' ? encodeUtf8(line) : line;
  if (bytes[0] !== OPEN_BRACE || bytes.at(-1) !== CLOSE_BRACE) return corrupt('not a JSON object');
  return parsePlainFrame(bytes, options) ?? parseAny(bytes, options);
}

/** The place of a payload in its line: the envelope before it as JSON, and how it is encoded. */
interface PayloadPlace {
  readonly encoding: PayloadEncoding;
  readonly from: number;
  /** The envelope as a JSON object, with the payload's key left out. */
  readonly envelope: string;
}

function parseAny(bytes: Uint8Array, options: ParseOptions): ParsedLine {
  const place = findPayload(bytes);
  if (place !== undefined && place.envelope.length <= MAX_RECORD_BYTES) {
    const envelope = parseJson(place.envelope);
    // The same keys are details like any other in a record that has no payload.
    if (hasPayload(kindOf(envelope))) {
      return withPayload(envelope, place.encoding, bytes.subarray(place.from, -1), options);
    }
  }
  // JSON takes many times its size in memory.
  if (bytes.length > MAX_RECORD_BYTES) return corrupt('longer than a record other than a frame may be');
  const value = parseJson(decodeUtf8(bytes));
  if (value === undefined) return corrupt('not JSON');
  const kind = kindOf(value);
  if (kind === undefined) return corrupt('no kind');
  const { version } = value as { readonly version?: unknown };
  if (kind === 'header' && version !== CAPTURE_VERSION) return { kind: 'unsupported', version };
  if (kind === 'header' && bytes.length > MAX_HEADER_BYTES) return corrupt('longer than a header may be');
  return hasPayload(kind) ? corrupt(`${kind} without a payload`) : finished(value, kind);
}

const hasPayload = (kind: string | undefined): boolean => kind === 'frame' || kind === 'sent';

function kindOf(value: unknown): string | undefined {
  const { kind } = (value ?? {}) as { readonly kind?: unknown };
  return typeof kind === 'string' ? kind : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function finished(value: unknown, kind: string): ParsedLine {
  const shape = isRecordShape(value, kind);
  if (shape === undefined) return { kind: 'unknown', name: kind };
  return shape ? { kind: 'record', record: value as CaptureRecord } : corrupt(`${kind} is not complete`);
}

function withPayload(
  envelope: unknown,
  encoding: PayloadEncoding,
  payload: Uint8Array,
  { strict = false }: ParseOptions,
): ParsedLine {
  const record = {
    ...(envelope as Omit<FrameRecord | SentRecord, 'encoding' | 'payload'>),
    encoding,
    payload,
  };
  const whole = encoding === 'raw' ? !strict || isOneLineObject(payload) : decodePayload(encoding, payload);
  if (whole === false || whole === undefined) return corrupt(`${encoding} is not a whole payload`);
  return finished(record, record.kind);
}

const payloadKeys: readonly (readonly [PayloadEncoding, Uint8Array])[] = (
  ['raw', 'text', 'base64'] as const
).map((key) => [key, encodeUtf8(key)]);

/** Walks the top-level keys of the line up to the first one that names a payload: in a frame or a request the last. */
function findPayload(bytes: Uint8Array): PayloadPlace | undefined {
  const end = bytes.length - 1;
  let at = 1;
  while (at < end && bytes[at] === QUOTE) {
    const keyEnd = endOfString(bytes, at + 1, end);
    if (keyEnd < 0 || bytes[keyEnd] !== COLON) return undefined;
    const encoding = payloadKeyOf(bytes, at + 1, keyEnd - 1);
    if (encoding !== undefined) {
      const head = decodeUtf8(bytes.subarray(0, at));
      const envelope = `${head.endsWith(',') ? head.slice(0, -1) : head}}`;
      return { encoding, from: keyEnd + 1, envelope };
    }
    at = endOfValue(bytes, keyEnd + 1, end);
    if (at < 0 || bytes[at] !== COMMA) return undefined;
    at += 1;
  }
  return undefined;
}

function payloadKeyOf(bytes: Uint8Array, from: number, to: number): PayloadEncoding | undefined {
  for (const [encoding, key] of payloadKeys) {
    if (to - from === key.length && key.every((byte, n) => bytes[from + n] === byte)) return encoding;
  }
  return undefined;
}

const BEFORE_CONNECTION = encodeUtf8('{"kind":"frame","connection":');
const BEFORE_INDEX = encodeUtf8(',"index":');
const BEFORE_AT = encodeUtf8(',"at":"');
const BEFORE_MONO = encodeUtf8('","mono":');
const BEFORE_RAW = encodeUtf8(',"raw":');
const AT_LENGTH = '2026-11-22T05:54:12.123456789Z'.length;

/** The line as the writer makes it for nearly every frame; `undefined` sends anything else the long way. */
function parsePlainFrame(bytes: Uint8Array, { strict = false }: ParseOptions): ParsedLine | undefined {
  if (!standsAt(bytes, 0, BEFORE_CONNECTION)) return undefined;
  const connectionEnd = endOfInteger(bytes, BEFORE_CONNECTION.length);
  if (!standsAt(bytes, connectionEnd, BEFORE_INDEX)) return undefined;
  const indexEnd = endOfInteger(bytes, connectionEnd + BEFORE_INDEX.length);
  const at = indexEnd + BEFORE_AT.length;
  if (!standsAt(bytes, indexEnd, BEFORE_AT) || !standsAt(bytes, at + AT_LENGTH, BEFORE_MONO))
    return undefined;
  const monoFrom = at + AT_LENGTH + BEFORE_MONO.length;
  const monoEnd = endOfInteger(bytes, monoFrom);
  if (!standsAt(bytes, monoEnd, BEFORE_RAW)) return undefined;
  const payload = bytes.subarray(monoEnd + BEFORE_RAW.length, -1);
  if (strict && !isOneLineObject(payload)) return corrupt('raw is not a whole payload');
  const record: FrameRecord = {
    kind: 'frame',
    connection: integerAt(bytes, BEFORE_CONNECTION.length, connectionEnd),
    index: integerAt(bytes, connectionEnd + BEFORE_INDEX.length, indexEnd),
    at: asciiAt(bytes, at),
    mono: integerAt(bytes, monoFrom, monoEnd),
    encoding: 'raw',
    payload,
  };
  if (strict && isRecordShape(record, 'frame') !== true) return undefined;
  return record.connection + record.index + record.mono >= 0 ? { kind: 'record', record } : undefined;
}

function standsAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  if (at + text.length >= bytes.length) return false;
  for (let n = 0; n < text.length; n += 1) {
    if (bytes[at + n] !== text[n]) return false;
  }
  return true;
}

/** Past at most 16 digits, so that what they say is exact. */
function endOfInteger(bytes: Uint8Array, from: number): number {
  let at = from;
  while (
    at < from + 16 &&
    at < bytes.length &&
    (bytes[at] as number) >= 0x30 &&
    (bytes[at] as number) <= 0x39
  )
    at += 1;
  return at;
}

/** NaN, which no record accepts, where no digit stands or a zero leads others. */
function integerAt(bytes: Uint8Array, from: number, to: number): number {
  if (to === from || (bytes[from] === 0x30 && to - from > 1)) return Number.NaN;
  let value = 0;
  for (let at = from; at < to; at += 1) value = value * 10 + (bytes[at] as number) - 0x30;
  return value;
}

function asciiAt(bytes: Uint8Array, from: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + AT_LENGTH));
}
