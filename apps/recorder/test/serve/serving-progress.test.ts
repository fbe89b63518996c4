import { expect, test } from 'vitest';
import { servingText } from '#serve/serving-progress';

test('replay of a recorded connection shows the time left', () => {
  expect(servingText({ open: 1, sent: 400, rate: 100, frames: 1000 })).toBe(
    'serving ████████░░░░░░░░░░░░ 40 % · 1 connection · 400 of 1,000 frames · 100/s · 6s left',
  );
  expect(servingText({ open: 0, sent: 0, rate: 0, frames: 1000 })).toBe(
    'serving ░░░░░░░░░░░░░░░░░░░░ 0 % · 0 connections · 0 of 1,000 frames · 0/s',
  );
});

test('a simulated market, or a capture that restarts for another client, shows no time left', () => {
  const text = 'serving 2 connections · 1,400 frames sent · 100/s';
  expect(servingText({ open: 2, sent: 1400, rate: 100, frames: undefined })).toBe(text);
  expect(servingText({ open: 2, sent: 1400, rate: 100, frames: 1000 })).toBe(text);
});
