/**
 * The value as JSON on one line for every reader. JSON.stringify leaves three characters alone that some
 * readers take for the end of a line: U+0085, U+2028 and U+2029.
 */
export function oneLineJson(value: unknown, replacer?: (key: string, value: unknown) => unknown): string {
  return JSON.stringify(value, replacer)
    .replaceAll('\u0085', String.raw`\u0085`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);
}
