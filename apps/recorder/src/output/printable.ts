import { withoutTokens } from '@feedtape/capture';

/** Longer texts of others are cut. */
const MOST_OUTSIDE_TEXT = 512;
/** No line of ours is longer: somebody else's text in it was cut before, unless one was forgotten. */
const LONGEST_LINE = 4096;

/**
 * What is not text: controls of C0 and C1 with DEL, marks of direction and other invisible characters, the separators
 * of lines and paragraphs, halves of a character.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Every UTF-16 unit as `\\u001b`: as good in a JSON string as on a screen. */
const escape = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');

/** Outside text that is only text, on one line. */
export const escaped = (text: string): string => text.replaceAll(UNPRINTABLE, escape);

/** Outside text as part of one line of ours: escaped and cut, without what is shaped like a token. */
export const oneLine = (text: string, most: number = MOST_OUTSIDE_TEXT): string =>
  escaped(withoutTokens(text.slice(0, most)))
    .trim()
    .slice(0, most);

/** The message of anything thrown, as part of one line of ours. */
export const errorText = (error: unknown): string =>
  oneLine(error instanceof Error ? error.message : String(error));

/** Lines for a screen, whatever is quoted in them: nothing but text, no token, and no line without end. */
export const printable = (lines: string): string =>
  withoutTokens(lines)
    .split('\n')
    .map((line) => {
      const text = line.split('\t').map(escaped).join('\t');
      return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text;
    })
    .join('\n');

/** One JSON text in one line that a terminal shows as text; it parses to the same value. */
export const printableJson = (value: unknown): string => escaped(JSON.stringify(value));
