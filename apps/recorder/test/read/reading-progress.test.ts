import { expect, test } from 'vitest';
import { createReadingEstimate } from '#read/reading-plan';
import { readingText } from '#read/reading-progress';

const MiB = 1024 * 1024;

test('the estimate of plain files follows their bytes', () => {
  const estimate = createReadingEstimate([
    { path: 'a', size: 300, form: 'plain' },
    { path: 'b', size: 100, form: 'plain' },
  ]);
  expect([estimate('a', 150), estimate('a', 300), estimate('b', 350), estimate('b', 400)]).toEqual([
    0.375, 0.75, 0.875, 1,
  ]);
});

test('the text size of a compressed file is estimated by the file before', () => {
  const estimate = createReadingEstimate([
    { path: 'a', size: 100, form: 'zst' },
    { path: 'b', size: 100, form: 'zst' },
  ]);
  estimate('a', 2000);
  expect(estimate('b', 2000)).toBe(0.5);
  expect(estimate('b', 3000)).toBe(0.75);
  expect(estimate('b', 5000)).toBe(1);
});

test('a file that was not planned, such as a second copy, changes nothing', () => {
  const estimate = createReadingEstimate([{ path: 'a', size: 100, form: 'plain' }]);
  estimate('a', 50);
  expect(estimate('copy of a', 50)).toBe(0.5);
});

test('the line has file, share, bytes, rate and, once it can be known, the time left', () => {
  const reading = { verb: 'verifying', number: 2, files: 5, bytes: 120 * MiB, read: 0.4 };
  expect(readingText({ ...reading, elapsedMs: 4000 })).toBe(
    'verifying ████████░░░░░░░░░░░░ 40 % · file 2 of 5 · 120 MiB · 30 MiB/s · 6s left',
  );
  expect(readingText({ ...reading, elapsedMs: 500 })).toBe(
    'verifying ████████░░░░░░░░░░░░ 40 % · file 2 of 5 · 120 MiB · 120 MiB/s',
  );
});
