import { REDACTED } from './redacted.ts';

// A token (JWT) begins with the base64 of `{"`: `eyJ`. These find it as it is, and once more encoded: in percent
// encoding and the escapes of JSON, in base64 (whose groups of three begin before, at or within it), in hexadecimal.

/** A character of a token, also escaped; the rest of the word is hidden with it. No escape is cut in two. */
const HEAD = String.raw`(?:e|%65|\\{1,4}u0065)(?:y|%79|\\{1,4}u0079)(?:J|%4[Aa]|\\{1,4}u004[Aa])`;
const DIGIT = String.raw`(?:[A-Za-z0-9_-]|%[0-9A-Fa-f]{2}|\\{1,4}u00[0-9A-Fa-f]{2})`;
const REST = String.raw`(?:[A-Za-z0-9+/=_.%-]|\\u[0-9A-Fa-f]{4}|\\[\\/])*`;

const SHAPES: readonly RegExp[] = [
  new RegExp(`${HEAD}${DIGIT}{17}${REST}`, 'g'),
  new RegExp(`(?:ZXlK|[GWm2]V5S[g-v]|leU[op])[A-Za-z0-9+/_-]{20}${REST}`, 'g'),
  new RegExp(`65794[Aa][0-9A-Fa-f]{34}${REST}`, 'g'),
];

/** Words long enough to quote a piece of a secret. */
export const WORD: RegExp = new RegExp(REST.replace(/\*$/, '{16,}'), 'g');

/** A text without what is shaped like a token, in any of its encodings. Linear in the length of the text. */
export const withoutTokens = (text: string): string =>
  SHAPES.reduce((rest, shape) => rest.replace(shape, REDACTED), text);

/** A text without any long word: for one that is known to quote a secret. */
export const withoutWords = (text: string): string => text.replace(WORD, REDACTED);
