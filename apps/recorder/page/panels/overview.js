import { element, fit, setText } from '../lib/dom.js';
import { bytes, count, counted, duration, rate, time } from '../lib/format.js';

/** @import { StatusSnapshot } from '../../src/status/model/status-snapshot.ts' */

/**
 * One key figure, with an explanation and a level.
 * @typedef {{ name: string, value: string, note: string, level?: 'warning' | 'bad' | undefined }} Figure
 */

const WORDS = { good: 'Healthy', warning: 'Degraded', bad: 'Failing' };

/** Updates health, reasons, key figures and the window title. @param {StatusSnapshot} snapshot */
export function showOverview(snapshot) {
  const { health, framesPerSecond } = snapshot;
  const pill = element('#health');
  pill.className = `pill ${health.level}`;
  setText(pill, WORDS[health.level]);
  const reasons = element('#reasons');
  reasons.className = health.level;
  reasons.title = health.reasons.join('\n');
  setText(reasons, health.reasons.join(' · '));
  fit(element('#figures'), figuresOf(snapshot), {
    key: ({ name }) => name,
    make: makeFigure,
    update: updateFigure,
  });
  document.title = `${health.level === 'good' ? '' : '⚠ '}${rate(framesPerSecond)} · feedtape`;
}

/** @param {StatusSnapshot} snapshot @returns {Figure[]} */
function figuresOf({ startedAt, elapsedMs, framesPerSecond, bytesPerSecond, totals, lag, capture }) {
  const missing = totals.gapFrames - totals.late;
  const { disk } = capture;
  return [
    { name: 'Frames', value: rate(framesPerSecond), note: `${bytes(bytesPerSecond)}/s` },
    {
      name: 'Recorded',
      value: count(totals.frames),
      note: `${bytes(totals.bytes)} in ${duration(elapsedMs)}`,
    },
    {
      name: 'Lag',
      value: lag.medianMs === undefined ? '–' : `${count(lag.medianMs)}\u00a0ms`,
      note: lag.maximumMs === undefined ? 'no sample yet' : `at most ${count(lag.maximumMs)}\u00a0ms`,
      level: lag.note === undefined ? undefined : 'warning',
    },
    {
      name: 'Missing',
      value: count(missing),
      note: `frames, in ${counted(totals.gaps - totals.unknownGaps, 'gap')}${totals.late > 0 ? `; ${count(totals.late)} late` : ''}`,
      level: missing > 0 ? 'warning' : undefined,
    },
    {
      name: 'Outages',
      value: count(totals.unknownGaps),
      note: `of unknown extent; ${counted(totals.disconnects, 'disconnect')}`,
      level: totals.unknownGaps > 0 ? 'warning' : undefined,
    },
    {
      name: 'Disk',
      value: disk === undefined ? '–' : bytes(disk.freeBytes),
      note: diskNote(disk),
      level: capture.state === 'disk-full' ? 'bad' : undefined,
    },
    {
      name: 'Dropped',
      value: count(capture.dropped),
      note: 'frames received and not written',
      level: capture.dropped > 0 ? 'bad' : undefined,
    },
    { name: 'Started', value: time(startedAt), note: new Date(startedAt).toISOString().slice(0, 10) },
  ];
}

/** @param {StatusSnapshot['capture']['disk']} disk */
function diskNote(disk) {
  if (disk === undefined) return 'free space unknown';
  return disk.timeLeftMs === undefined ? 'free' : `free, enough for ${duration(disk.timeLeftMs)}`;
}

function makeFigure() {
  const group = document.createElement('div');
  group.append(...['dt', 'dd', 'dd'].map((name) => document.createElement(name)));
  return group;
}

/** @param {HTMLElement} group @param {Figure} figure */
function updateFigure(group, { name, value, note, level }) {
  group.className = level ?? '';
  for (const [index, text] of [name, value, note].entries()) {
    const part = group.children[index];
    if (part !== undefined) setText(part, text);
  }
}
