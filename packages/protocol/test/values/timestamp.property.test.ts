import { formatTimestamp, hasTime, parseGoTime, parseTimestamp } from '@feedtape/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const YEAR_1 = -62_135_596_800_000_000_000n;
const YEAR_10000 = 253_402_300_800_000_000_000n;

test('formatting and parsing keep nanoseconds, from year 1 to year 9999', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: YEAR_1, max: YEAR_10000 - 1n }), (ns) => {
      const text = formatTimestamp(ns);
      expect(parseTimestamp(text)).toBe(ns);
      expect(text).not.toMatch(/\.\d*0Z$|\.Z$/);
    }),
  );
});

test('whole milliseconds agree with Date', () => {
  fc.assert(
    fc.property(
      fc.date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') }),
      (date) => {
        expect(parseTimestamp(date.toISOString())).toBe(BigInt(date.getTime()) * 1_000_000n);
      },
    ),
  );
});

test.each([
  ['2026-09-30T02:39:53.76027728Z', 1_790_735_993_760_277_280n],
  ['2026-09-30T02:39:53.1Z', 1_790_735_993_100_000_000n],
  ['2026-09-30T02:39:53Z', 1_790_735_993_000_000_000n],
  ['2026-09-30T04:39:53.000000001+02:00', 1_790_735_993_000_000_001n],
  ['0001-01-01T00:00:00Z', YEAR_1],
  ['2024-02-29T23:59:59.999999999Z', 1_709_251_199_999_999_999n],
])('%s is read to the nanosecond', (text, ns) => {
  expect(parseTimestamp(text)).toBe(ns);
});

test.each([
  '',
  '2026-09-30',
  '2026-13-01T00:00:00Z',
  '2026-02-29T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01T00:00:00',
  '2026-01-01T00:00:00.Z',
  '2026-01-01T00:00:00.1234567890Z',
  '2026-01-01 00:00:00Z',
  ' 2026-01-01T00:00:00Z',
])('%j is not a time of the wire', (text) => {
  expect(() => parseTimestamp(text)).toThrow(expect.objectContaining({ code: 'PROTOCOL_BAD_TIMESTAMP' }));
});

test('the sentinels count as no time', () => {
  expect(['1970-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '', '2026-09-30T02:39:53.1Z'].map(hasTime)).toEqual(
    [false, false, false, true],
  );
});

test('the time of a heartbeat is Go’s, with the monotonic clock of its process', () => {
  expect(parseGoTime('2026-09-30 02:37:15.057778606 +0000 UTC m=+21697.195984854')).toEqual({
    ns: parseTimestamp('2026-09-30T02:37:15.057778606Z'),
    monotonicNs: 21_697_195_984_854n,
  });
  expect(parseGoTime('2026-09-30 02:37:15 +0000 UTC')).toEqual({
    ns: parseTimestamp('2026-09-30T02:37:15Z'),
  });
  expect(() => parseGoTime('2026-09-30T02:37:15Z')).toThrow(
    expect.objectContaining({ code: 'PROTOCOL_BAD_TIMESTAMP' }),
  );
});
