import { compareDecimals, DECIMAL, formatDecimal, parseDecimal, scaleDecimal } from '@feedtape/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const scaled = fc.record({
  integer: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }),
  decimals: fc.nat(30),
});

test('formatting and scaling are inverse', () => {
  fc.assert(
    fc.property(scaled, ({ integer, decimals }) => {
      const text = formatDecimal(integer, decimals);
      expect(text).toMatch(DECIMAL);
      expect(text).not.toMatch(/\.\d*0$|^-0$/);
      expect(scaleDecimal(text, decimals)).toBe(integer);
    }),
  );
});

test('decimals compare as numbers, in any spelling', () => {
  fc.assert(
    fc.property(scaled, scaled, fc.nat(5), (a, b, zeros) => {
      const [left, right] = [a.integer * 10n ** BigInt(b.decimals), b.integer * 10n ** BigInt(a.decimals)];
      const shortest = formatDecimal(a.integer, a.decimals);
      const spelled = shortest.includes('.')
        ? shortest + '0'.repeat(zeros)
        : `${shortest}.${'0'.repeat(zeros + 1)}`;
      expect(compareDecimals(spelled, formatDecimal(b.integer, b.decimals))).toBe(
        Number(left > right) - Number(left < right),
      );
    }),
  );
});

test.each([
  ['0.00000812', { integer: 812n, decimals: 8 }],
  ['-4.15775596190603', { integer: -415775596190603n, decimals: 14 }],
  ['1e3', { integer: 1000n, decimals: 0 }],
  ['-1.25E-7', { integer: -125n, decimals: 9 }],
  ['123456789012345678901234567890', { integer: 123456789012345678901234567890n, decimals: 0 }],
  ['-0', { integer: 0n, decimals: 0 }],
] as const)('%s is taken apart exactly', (text, expected) => {
  expect(parseDecimal(text)).toEqual(expected);
});

test.each([
  '',
  ' 1',
  '1 ',
  '.5',
  '5.',
  '+1',
  '1,5',
  'NaN',
  'Infinity',
  '0x10',
  '1e',
  '1e1000',
  '١',
  '--1',
  '1\n',
])('%j is not a decimal', (text) => {
  expect(() => parseDecimal(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL_BAD_DECIMAL' }));
});

test('scaling rejects a loss of digits', () => {
  expect(scaleDecimal('1.50', 1)).toBe(15n);
  expect(() => scaleDecimal('1.55', 1)).toThrow(
    expect.objectContaining({ code: 'PROTOCOL_DECIMAL_INEXACT' }),
  );
});
