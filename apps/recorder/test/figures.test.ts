import { expect, test } from 'vitest';
import { durationText, oneLine } from '#figures';

test.for([
  [0, '0s'],
  [999, '1s'],
  [90_000, '1m 30s'],
  [3_600_000, '1h'],
  [5_460_000, '1h 31m'],
  [90_061_000, '1d 1h'],
] as const)('%i ms is written as %s', ([value, text]) => {
  expect(durationText(value)).toBe(text);
});

test("somebody else's text stays on one line, without control characters or direction marks", () => {
  expect(oneLine('a\nb\u001B[2J\u202Ec')).toBe('a\\u000ab\\u001b[2J\\u202ec');
  expect(oneLine('x'.repeat(600))).toHaveLength(512);
});
