import { withoutTokens } from '@feedtape/capture';

/** Outside text is cut to this length. */
const MAX_OUTSIDE_TEXT = 512;
/** Longer lines are cut, as a safety net for outside text that was not cut before. */
const LONGEST_LINE = 4096;

/**
 * Control characters of C0 and C1 with DEL, direction marks and other invisible characters, line and paragraph
 * separators, lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Escapes every UTF-16 unit as `\\u001b`, which JSON reads back. */
const escape = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');

/** Escapes everything that is not printable, line breaks included. */
export const escaped = (text: string): string => text.replaceAll(UNPRINTABLE, escape);

/** Prepares outside text for a line of ours: escaped, cut, without tokens. */
export const oneLine = (text: string, most: number = MAX_OUTSIDE_TEXT): string =>
  escaped(withoutTokens(text.slice(0, most)))
    .trim()
    .slice(0, most);

/** The message of anything thrown, as part of one line of ours. */
export const errorText = (error: unknown): string =>
  oneLine(error instanceof Error ? error.message : String(error));

/** Prepares one line for a terminal, whatever it quotes: escaped, cut, without tokens. */
export function printableLine(line: string): string {
  const text = withoutTokens(line).split('\t').map(escaped).join('\t');
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text;
}

/** Prepares lines that quote nothing with a line break in it. */
export const printable = (lines: string): string => lines.split('\n').map(printableLine).join('\n');

/** Serialises a value as one line of printable JSON that parses to the same value. */
export const printableJson = (value: unknown): string => escaped(JSON.stringify(value));
