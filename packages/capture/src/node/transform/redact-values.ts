import { skipSpaces } from '../../json/json-scalar.ts';
import { endOfString } from '../../json/json-string.ts';
import { endOfValue, isOneLineObject } from '../../json/is-one-line-object.ts';
import { REDACTED } from '../../format/redacted.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const MINUS = 0x2d;

const HIDDEN_STRING = Buffer.from(JSON.stringify(REDACTED));
const HIDDEN_NUMBER = Buffer.from('0');

/**
 * The JSON text with every string under one of the keys replaced, at any depth, and every number by 0: also
 * those within an object or a list that stands there. Every other byte stays as it is. `undefined` for what
 * `isOneLineObject` does not accept. `onHidden` gets every string that is replaced.
 */
export function redactValues(
  json: Uint8Array,
  keys: ReadonlySet<string>,
  onHidden?: (value: string) => void,
): Uint8Array | undefined {
  if (!isOneLineObject(json)) return undefined;
  const parts: Uint8Array[] = [];
  const end = json.length;
  let copied = 0;
  /** Up to here everything is hidden. */
  let hiddenTo = 0;

  function hide(from: number, to: number, instead: Uint8Array): void {
    parts.push(json.subarray(copied, from), instead);
    copied = to;
  }

  for (let at = 0; at < end;) {
    const byte = json[at] as number;
    if (byte === QUOTE) {
      const to = endOfString(json, at + 1, end);
      const value = valueAfter(json, to);
      if (value === undefined) {
        if (at < hiddenTo) {
          onHidden?.(stringAt(json, at, to));
          hide(at, to, HIDDEN_STRING);
        }
      } else if (at >= hiddenTo && keys.has(stringAt(json, at, to))) {
        hiddenTo = endOfValue(json, value, end);
      }
      at = to;
    } else if (at < hiddenTo && isNumberStart(byte)) {
      const to = endOfValue(json, at, end);
      hide(at, to, HIDDEN_NUMBER);
      at = to;
    } else {
      at += 1;
    }
  }
  return copied === 0 ? json : Buffer.concat([...parts, json.subarray(copied)]);
}

const isNumberStart = (byte: number): boolean => byte === MINUS || (byte >= 0x30 && byte <= 0x39);

/** Where the value of a key that ends at `from` starts; `undefined` when it was no key. */
function valueAfter(json: Uint8Array, from: number): number | undefined {
  const colon = skipSpaces(json, from, json.length);
  return json[colon] === COLON ? skipSpaces(json, colon + 1, json.length) : undefined;
}

/** The string between its quotes; it can be written with escapes. */
function stringAt(json: Uint8Array, from: number, to: number): string {
  const text = Buffer.from(json.buffer, json.byteOffset + from, to - from);
  return text.includes(BACKSLASH)
    ? (JSON.parse(text.toString()) as string)
    : text.toString('utf8', 1, to - from - 1);
}
