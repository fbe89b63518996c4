import { expect, test } from 'vitest';
import { bytesText, durationText } from '#output/format';
import { size } from '#cli/option-parsers';

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

test.for([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [433_250, '423.1 KiB'],
  [1024 ** 2, '1 MiB'],
  [3 * 1024 ** 4, '3 TiB'],
  [5000 * 1024 ** 4, '5000 TiB'],
] as const)('%i bytes are written as %s', ([value, text]) => {
  expect(bytesText(value)).toBe(text);
});

test.for([
  ['64MiB', 64 * 1024 ** 2],
  ['1 GB', 1000 ** 3],
  ['1.5kB', 1500],
  ['2KIB', 2048],
  ['7b', 7],
] as const)('the size %s is %i bytes', ([text, value]) => {
  expect(size(text)).toBe(value);
});

test.for(['', 'MiB', '0B', '12', '1PB', '1e3B', '-1KB', '9000000TiB'])('%j is not a size', (text) => {
  expect(() => size(text)).toThrow('is not a size');
});
