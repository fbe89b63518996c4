import { element, explainEmpty, setText } from '../lib/dom.js';
import { bytes, count, duration, rate } from '../lib/format.js';
import { createTable } from '../lib/table.js';

/** @import { StatusSnapshot, ConnectionSnapshot } from '../../src/status/model/status-snapshot.ts' */

const PHASES = { open: 'open', subscribed: 'receiving', waiting: 'reconnecting', ended: 'ended' };

/** @param {ConnectionSnapshot} connection @param {number} now */
function stateOf({ phase, health, retryAt }, now) {
  if (phase === 'waiting' && retryAt !== undefined)
    return retryAt > now ? `next attempt in ${duration(retryAt - now)}` : 'connecting';
  return health.reasons[0] ?? PHASES[phase];
}

/** @returns {(snapshot: StatusSnapshot) => void} */
export function createConnections() {
  let now = 0;
  /** @type {(rows: readonly ConnectionSnapshot[]) => void} */
  const show = createTable(element('#connections table'), {
    caption: 'Connections, open ones first',
    key: ({ connection }) => String(connection),
    mark: ({ phase }) => (phase === 'ended' ? 'past' : ''),
    columns: [
      { title: 'No.', kind: 'number', text: ({ connection }) => String(connection), hint: ({ url }) => url },
      {
        title: 'Health',
        kind: 'words',
        text: (connection) => stateOf(connection, now),
        mark: ({ health }) => `sign ${health.level}`,
        hint: ({ health, reason }) => health.reasons.join('; ') || reason,
      },
      { title: 'Frames', kind: 'number', text: ({ framesPerSecond }) => rate(framesPerSecond) },
      { title: 'Bytes', kind: 'number wide', text: ({ bytesPerSecond }) => `${bytes(bytesPerSecond)}/s` },
      {
        title: 'Last frame',
        kind: 'number',
        text: ({ lastFrameAgeMs }) =>
          lastFrameAgeMs === undefined ? '–' : `${duration(lastFrameAgeMs)} ago`,
      },
      {
        title: 'Sequence',
        kind: 'number wide',
        text: ({ sequence }) => (sequence === undefined ? '–' : count(sequence)),
      },
      { title: 'Gaps', kind: 'number', text: ({ gaps }) => count(gaps) },
      { title: 'Missing', kind: 'number wide', text: ({ missing }) => count(missing) },
      {
        title: 'Products',
        kind: 'number wide',
        text: ({ products, staleProducts }) =>
          staleProducts === 0 ? count(products) : `${count(products)}, ${count(staleProducts)} stale`,
        hint: ({ channels }) => channels.join(', '),
      },
    ],
  });
  return ({ at, connections, totals }) => {
    now = at;
    show(connections);
    setText(element('#connection-count'), `${count(totals.connections)} opened so far`);
    explainEmpty(
      '#connections',
      connections.length === 0 ? 'No connection yet: the recorder has not opened a socket.' : undefined,
    );
  };
}
