import { decodeBase64, encodeBase64 } from './base64.ts';
import { isOneLineObject } from '../json/is-one-line-object.ts';
import type { Payload } from './records.ts';
import { oneLineJson } from '../json/stringify-one-line.ts';
import { decodeUtf8, encodeUtf8, isUtf8 } from '../json/utf8.ts';

/** Longer frames than this are never written as `text`, whose escapes can make it six times as long. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;

const QUOTE = 0x22;

/**
 * How the bytes of a frame stand in their line. Text frames that are one complete JSON object on one line
 * stand as themselves (`raw`; the bytes are not copied), other valid UTF-8 as a JSON string (`text`), and
 * everything else as `base64`. Binary frames are always base64.
 */
export function encodePayload(bytes: Uint8Array, binary = false): Payload {
  if (!binary && isOneLineObject(bytes)) return { encoding: 'raw', payload: bytes };
  if (!binary && bytes.length <= MAX_TEXT_BYTES && isUtf8(bytes)) {
    return { encoding: 'text', payload: encodeUtf8(oneLineJson(decodeUtf8(bytes))) };
  }
  return { encoding: 'base64', payload: quoted(encodeBase64(bytes)) };
}

/**
 * The exact bytes that were received. For a `raw` frame this is a view into the line, not a copy.
 * Total for every record that `parseRecord` or `encodePayload` made.
 */
export function frameBytes({ encoding, payload }: Payload): Uint8Array {
  if (encoding === 'raw') return payload;
  return decodePayload(encoding, payload) ?? new Uint8Array(0);
}

/** The bytes behind a `text` or `base64` payload, or `undefined` when it is not one. */
export function decodePayload(encoding: 'text' | 'base64', payload: Uint8Array): Uint8Array | undefined {
  if (encoding === 'base64') {
    const framed = payload.length >= 2 && payload[0] === QUOTE && payload.at(-1) === QUOTE;
    return framed ? decodeBase64(payload.subarray(1, -1)) : undefined;
  }
  try {
    const text: unknown = JSON.parse(decodeUtf8(payload));
    return typeof text === 'string' ? encodeUtf8(text) : undefined;
  } catch {
    return undefined;
  }
}

function quoted(text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(text.length + 2).fill(QUOTE);
  bytes.set(text, 1);
  return bytes;
}
