import { expect, test } from 'vitest';
import { createRunTimeline } from '#inspect/run-timeline';

test('frames are bars over time, and gaps are marked at their time, reported early or late', () => {
  const timeline = createRunTimeline();
  for (let frame = 0; frame < 8; frame += 1) timeline.frame(frame * 10e6);
  timeline.frame(150e6);
  timeline.gap(140e6);
  timeline.gap(250e6);
  timeline.frame(350e6);
  timeline.gap(50e6);
  expect(timeline.text).toBe('█▂ ▂  0.1 s a column, at most 8 frames\n111   gaps');
});

test('a long run is as wide as a short one, and counts every frame', () => {
  const timeline = createRunTimeline();
  const seconds = 7 * 24 * 3600;
  for (let second = 0; second < seconds; second += 60) timeline.frame(second * 1e9);
  const [bars = ''] = timeline.text.split('  ');
  expect(bars.length).toBeGreaterThan(32);
  expect(bars.length).toBeLessThanOrEqual(64);
});

test('a run without frames has no time line', () => {
  expect(createRunTimeline().text).toBe('');
});
