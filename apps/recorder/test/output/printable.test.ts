import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { escaped, oneLine, printable, printableJson } from '#output/printable';

/** Not by categories of Unicode, as the code says it, but by what a terminal does with it. */
const DANGEROUS = new Set([
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index),
  0x61c,
  0x200e,
  0x200f,
  0x2028,
  0x2029,
  0x202a,
  0x202b,
  0x202c,
  0x202d,
  0x202e,
  0x2066,
  0x2067,
  0x2068,
  0x2069,
  0xfeff,
]);
const dangerous = (text: string): number[] =>
  Array.from(text, (character) => character.codePointAt(0) ?? 0).filter((code) => DANGEROUS.has(code));

const outsideText = array(
  oneof(
    constantFrom(...DANGEROUS).map((code) => String.fromCodePoint(code)),
    string({ unit: 'binary' }),
    constantFrom('\u{E0041}', '\uD800', '\u200D', 'é', '日本'),
  ),
);

test('outside text becomes one line without control characters or direction marks', () => {
  expect(oneLine('a\nb\u001B[2J\u202Ec')).toBe('a\\u000ab\\u001b[2J\\u202ec');
  expect(oneLine('x'.repeat(600))).toHaveLength(512);
});

test('law: a line is printable, whatever it quotes', () => {
  assert(
    property(outsideText, (parts) => {
      const text = parts.join('');
      expect(dangerous(escaped(text))).toEqual([]);
      expect(dangerous(oneLine(text))).toEqual([]);
      expect(dangerous(printable(text)).filter((code) => code !== 0x0a && code !== 0x09)).toEqual([]);
    }),
    { seed: 1 },
  );
});

test('law: JSON is printable and parses to the same value', () => {
  assert(
    property(outsideText, (parts) => {
      const value = { [parts.join('')]: parts };
      const text = printableJson(value);
      expect(dangerous(text)).toEqual([]);
      expect(JSON.parse(text)).toEqual(value);
    }),
    { seed: 1 },
  );
});

test('line breaks are kept, and lines are cut at 4,096 characters', () => {
  expect(printable(`a\n\tb\n${'x'.repeat(5_000)}`)).toBe(`a\n\tb\n${'x'.repeat(4_096)}…`);
});
