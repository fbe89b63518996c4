import { readingsOf } from './encodings.ts';
import { REDACTED } from './redacted.ts';

// A token (JWT) begins with the base64 of `{"`: `eyJ`. These find it as it is, and once encoded: in percent encoding, in
// the escapes of JSON and the character references of HTML, in base64 (whose groups of three begin before, at or within
// it), in hexadecimal. What is encoded twice is found by undoing one layer.

/** Encoders of JSON escape it for the sake of HTML, and encoders of HTML do it twice. */
const AMPERSAND = String.raw`(?:&|\\{1,4}u0026)(?:amp;){0,2}`;

/** A character, also escaped. No escape is cut in two. */
function characterOf(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16).replace(/[a-f]/, (digit) => `[${digit.toUpperCase()}${digit}]`);
  return String.raw`(?:${character}|%${hex}|\\{1,4}(?:u00|x)${hex}|${AMPERSAND}#(?:0{0,4}${code}|[xX]0{0,4}${hex});)`;
}

const REFERENCE = `${AMPERSAND}#[xX]?[0-9A-Fa-f]{1,7};`;
const HEAD = ['e', 'y', 'J'].map(characterOf).join('');
const DIGIT = String.raw`(?:[A-Za-z0-9_-]|%[0-9A-Fa-f]{2}|${REFERENCE}|\\{1,4}(?:u00|x)[0-9A-Fa-f]{2})`;
/** The rest of the word is hidden with it. */
const REST = String.raw`(?:[A-Za-z0-9+/=_.%-]|${REFERENCE}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[\\/])`;

const SHAPES: readonly RegExp[] = [
  `${HEAD}${DIGIT}{17}${REST}*`,
  `(?:ZXlK|[GWm2]V5S[g-v]|leU[op])[A-Za-z0-9+/_-]{20}${REST}*`,
  `65794[Aa][0-9A-Fa-f]{34}${REST}*`,
].map((shape) => new RegExp(shape, 'g'));

/** Words long enough to quote a piece of a secret. */
export const WORD: RegExp = new RegExp(`${REST}{16,}`, 'g');

/** Words long enough for the beginning of a token that is encoded twice. */
const TWICE_ENCODED = new RegExp(`${REST}{32,}`, 'g');

/** A text without what is shaped like a token, in any of its encodings, or in two of them one in the other. */
export const withoutTokens = (text: string): string =>
  SHAPES.reduce((rest, shape) => rest.replace(shape, REDACTED), text).replace(TWICE_ENCODED, (word) =>
    readingsOf(word).some(hasToken) ? REDACTED : word,
  );

const hasToken = (text: string): boolean => SHAPES.some((shape) => text.search(shape) !== -1);

/** A text without any long word: for one that is known to quote a secret. */
export const withoutWords = (text: string): string => text.replace(WORD, REDACTED);
