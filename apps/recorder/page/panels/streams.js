import { element, explainEmpty, setText } from '../lib/dom.js';
import { bytes, count, rate } from '../lib/format.js';
import { createTable } from '../lib/table.js';

/** @import { StatusSnapshot, StreamSnapshot } from '../../src/status/model/status-snapshot.ts' */

/** Rows shown before "Show all". */
const FIRST = 15;

/** @returns {(snapshot: StatusSnapshot) => void} */
export function createStreams() {
  /** @type {(rows: readonly StreamSnapshot[]) => void} */
  const show = createTable(element('#streams table'), {
    caption: 'Frames by channel and product, busiest first',
    key: ({ channel, product }) => `${channel} ${product}`,
    columns: [
      { title: 'Channel', text: ({ channel }) => channel },
      { title: 'Product', text: ({ product }) => product || '–' },
      { title: 'Rate', kind: 'number', text: ({ framesPerSecond }) => rate(framesPerSecond) },
      { title: 'Frames', kind: 'number', text: ({ frames }) => count(frames) },
      { title: 'Bytes', kind: 'number', text: ({ bytes: size }) => bytes(size) },
    ],
  });
  /** @type {readonly StreamSnapshot[]} */
  let streams = [];
  let all = false;
  const filter = /** @type {HTMLInputElement} */ (element('#filter'));
  const more = element('#more');

  const render = () => {
    const wanted = filter.value.trim().toLowerCase();
    const matching = streams.filter(({ channel, product }) =>
      `${channel} ${product}`.toLowerCase().includes(wanted),
    );
    show(all ? matching : matching.slice(0, FIRST));
    more.hidden = matching.length <= FIRST;
    setText(more, all ? `Show the busiest ${FIRST}` : `Show all ${count(matching.length)}`);
    explainEmpty('#streams', emptyReason(matching.length));
  };

  /** @param {number} matching */
  const emptyReason = (matching) => {
    if (matching > 0) return undefined;
    return streams.length === 0 ? 'No frame yet.' : 'No matching channel or product.';
  };

  filter.addEventListener('input', render);
  more.addEventListener('click', () => {
    all = !all;
    render();
  });
  return (snapshot) => {
    streams = snapshot.streams;
    render();
  };
}
