import { element, explainEmpty, fit, setText } from '../lib/dom.js';
import { count, counted, duration, time } from '../lib/format.js';

/** @import { StatusSnapshot, Incident } from '../../src/status/model/status-snapshot.ts' */
/** @import { IncidentKind } from '../../src/events/recorder-event.ts' */

/** Label and level of each kind. @type {Readonly<Record<IncidentKind, [string, string]>>} */
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
  const { at, kind, text } = incident;
  const [name, level] = KINDS[kind];
  const [when, sign, words, extent] = item.children;
  if (!(when instanceof HTMLTimeElement) || sign === undefined || words === undefined || extent === undefined)
    return;
  when.dateTime = new Date(at).toISOString();
  setText(when, time(at));
  sign.className = `sign ${level}`;
  setText(sign, name);
  setText(words, text);
  setText(extent, extentOf(incident));
}

/** Connection, duration and extent in one line. @param {Incident} incident */
function extentOf({ kind, connection, count: frames, times, afterMs }) {
  const parts = [
    ...(connection === undefined ? [] : [`connection ${connection}`]),
    ...(afterMs === undefined ? [] : [`after ${duration(afterMs)}`]),
    // A single gap has this in its text.
    ...(kind === 'gap' && times > 1
      ? [
          typeof frames === 'number' ? `${counted(frames, 'frame')} missing` : 'unknown extent',
          `${count(times)} gaps`,
        ]
      : []),
  ];
  return parts.join(' · ');
}
