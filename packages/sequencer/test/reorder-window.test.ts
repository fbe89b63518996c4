import { expect, test } from 'vitest';
import { type ReorderWindow, createReorderWindow } from '@feedtape/sequencer';

const recording = (options = {}): { window: ReorderWindow<string>; released: string[] } => {
  const released: string[] = [];
  return { window: createReorderWindow({ release: (item) => released.push(item), ...options }), released };
};

test('items in order pass through', () => {
  const { window, released } = recording();
  for (const sequence of [0, 1, 2]) window.push(sequence, `#${sequence}`, 0);
  expect(released).toEqual(['#0', '#1', '#2']);
  expect(window.deadlineMs).toBeUndefined();
});

test('an early item waits for the missing ones', () => {
  const { window, released } = recording();
  for (const sequence of [0, 3, 2, 4, 1, 5]) window.push(sequence, `#${sequence}`, 0);
  expect(released).toEqual(['#0', '#1', '#2', '#3', '#4', '#5']);
});

test('an item waits at most 250 ms, and is released with everything below it', () => {
  const { window, released } = recording();
  window.push(5, '#5', 1_000);
  window.push(3, '#3', 1_100);
  window.push(9, '#9', 1_200);
  expect(window.deadlineMs).toBe(1_250);
  window.poll(1_249);
  expect(released).toEqual([]);
  window.poll(1_250);
  expect(released).toEqual(['#3', '#5']);
  expect(window.deadlineMs).toBe(1_450);
});

test('a push also releases items whose time is up', () => {
  const { window, released } = recording();
  window.push(5, '#5', 0);
  window.push(9, '#9', 400);
  expect(released).toEqual(['#5']);
});

test('the 65th item releases the lowest', () => {
  const { window, released } = recording();
  for (let index = 0; index < 65; index += 1) window.push(2 + index * 2, `#${2 + index * 2}`, 0);
  expect(released).toEqual(['#2']);
  expect(window.held).toBe(64);
});

test('late items, duplicates and values that are no numbers pass through', () => {
  const { window, released } = recording();
  window.push(0, '#0', 0);
  window.push(0, '#0 again', 0);
  window.push('x', 'no number', 0);
  window.push(2, '#2', 0);
  window.push(2, '#2 again', 0);
  window.push(1, '#1', 0);
  expect(released).toEqual(['#0', '#0 again', 'no number', '#1', '#2', '#2 again']);
});

test('flush releases everything, and the next frame starts a new epoch', () => {
  const { window, released } = recording();
  window.push(3, '#3', 0);
  window.flush();
  window.push(0, '#0', 0);
  expect(released).toEqual(['#3', '#0']);
});

test('with maxItems 0 nothing is held back', () => {
  const { window, released } = recording({ maxItems: 0, start: 'any' });
  for (const sequence of [7, 9, 8]) window.push(sequence, `#${sequence}`, 0);
  expect(released).toEqual(['#7', '#9', '#8']);
});
