import { element, explainEmpty, fit, setText } from './dom.js';
import { count, counted, duration, time } from './figures.js';

/** @import { StatusSnapshot, Incident, IncidentKind } from '../src/status/status-snapshot.ts' */

/** What each kind is called, and how bad it is. @type {Readonly<Record<IncidentKind, [string, string]>>} */
const KINDS = {
  gap: ['gap', 'bad'],
  disconnect: ['disconnect', 'bad'],
  connect: ['connected', 'neutral'],
  recovery: ['recovered', 'good'],
  stale: ['stale', 'warning'],
  rejected: ['refused', 'warning'],
  'disk-full': ['disk full', 'bad'],
  'low-space': ['low space', 'warning'],
  resumed: ['resumed', 'good'],
  repaired: ['repaired', 'neutral'],
  'clock-step': ['clock', 'warning'],
  failure: ['failure', 'bad'],
};

/** @param {StatusSnapshot} snapshot */
export function showIncidents({ incidents, startedAt }) {
  fit(element('#incident-list'), incidents.toReversed(), {
    key: ({ id }) => String(id),
    make: makeIncident,
    update: updateIncident,
  });
  setText(element('#incident-count'), incidents.length === 0 ? '' : `the latest ${count(incidents.length)}`);
  explainEmpty(
    '#incidents',
    incidents.length === 0 ? `No gap, disconnect or recovery since ${time(startedAt)}.` : undefined,
  );
}

function makeIncident() {
  const item = document.createElement('li');
  item.append(
    document.createElement('time'),
    ...['b', 'span', 'i'].map((name) => document.createElement(name)),
  );
  return item;
}

/** @param {HTMLElement} item @param {Incident} incident */
function updateIncident(item, incident) {
  const { at, kind, connection, text } = incident;
  const [name, level] = KINDS[kind];
  const [when, sign, words, extent] = item.children;
  if (!(when instanceof HTMLTimeElement) || sign === undefined || words === undefined || extent === undefined)
    return;
  when.dateTime = new Date(at).toISOString();
  setText(when, time(at));
  sign.className = `sign ${level}`;
  setText(sign, name);
  setText(words, connection === undefined ? text : `${text} · connection ${connection}`);
  setText(extent, extentOf(incident));
}

/** @param {Incident} incident */
function extentOf({ count: frames, times, afterMs }) {
  if (afterMs !== undefined) return `after ${duration(afterMs)}`;
  if (frames === undefined) return '';
  const extent = frames === null ? 'unknown extent' : `${counted(frames, 'frame')} missing`;
  return times > 1 ? `${extent} in ${count(times)} gaps` : extent;
}
