import { expect, test } from 'vitest';
import { servingText } from '#serve/serving-progress';

test('of a recorded connection it is known how much is left', () => {
  expect(servingText({ open: 1, sent: 400, rate: 100, frames: 1000 })).toBe(
    'serving ████████░░░░░░░░░░░░ 40 % · 1 connection · 400 of 1,000 frames · 100/s · 6s left',
  );
  expect(servingText({ open: 0, sent: 0, rate: 0, frames: 1000 })).toBe(
    'serving ░░░░░░░░░░░░░░░░░░░░ 0 % · 0 connections · 0 of 1,000 frames · 0/s',
  );
});

test('of a market, and of a tape that begins again for the next client, it is not', () => {
  const text = 'serving 2 connections · 1,400 frames sent · 100/s';
  expect(servingText({ open: 2, sent: 1400, rate: 100, frames: undefined })).toBe(text);
  expect(servingText({ open: 2, sent: 1400, rate: 100, frames: 1000 })).toBe(text);
});
