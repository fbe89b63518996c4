import { element, explainEmpty, fit, setText } from '../lib/dom.js';
import { bytes, count, counted, duration, time } from '../lib/format.js';
import { createTable } from '../lib/table.js';

/** @import { StatusSnapshot, SegmentSnapshot } from '../../src/status/model/status-snapshot.ts' */

const STATES = { recording: 'recording', 'disk-full': 'disk full', failed: 'failed', closed: 'closed' };
const LEVELS = { open: 'neutral', sealed: 'good', compressed: 'good', deleted: 'neutral' };

/** @returns {(snapshot: StatusSnapshot) => void} */
export function createCapture() {
  /** @type {(rows: readonly SegmentSnapshot[]) => void} */
  const show = createTable(element('#capture table'), {
    caption: 'The newest segments',
    key: ({ file }) => file.split('.', 1)[0] ?? file,
    mark: ({ state }) => (state === 'deleted' ? 'past' : ''),
    columns: [
      { title: 'Segment', kind: 'words', text: ({ file }) => shortName(file), hint: ({ file }) => file },
      { title: 'State', text: ({ state }) => state, mark: ({ state }) => `sign ${LEVELS[state]}` },
      {
        title: 'Opened',
        kind: 'number wide',
        text: ({ openedAt }) => (openedAt === undefined ? '–' : time(openedAt)),
      },
      {
        title: 'Frames',
        kind: 'number wide',
        text: ({ frames }) => (frames === undefined ? '–' : count(frames)),
      },
      { title: 'Size', kind: 'number', text: sizeOf },
    ],
  });
  return ({ capture }) => {
    fit(element('#capture-figures'), pairsOf(capture), {
      key: ([name]) => name,
      make: makePair,
      update: updatePair,
    });
    show(capture.segments);
    explainEmpty(
      '#capture',
      capture.segments.length === 0 ? 'No segment yet: one is opened with the first frame.' : undefined,
    );
  };
}

/** Shortens a name to its counter, which differs between the segments of a run. @param {string} file */
const shortName = (file) => /-(\d{6})\./u.exec(file)?.[1] ?? file;

/** @param {SegmentSnapshot} segment */
function sizeOf({ bytes: size, compressedBytes }) {
  if (size === undefined) return 'growing';
  return compressedBytes === undefined ? bytes(size) : `${bytes(size)} → ${bytes(compressedBytes)}`;
}

/** @param {StatusSnapshot['capture']} capture @returns {[name: string, text: string][]} */
function pairsOf({
  folder,
  run,
  state,
  queuedBytes,
  frames,
  bytes: size,
  sealed,
  compressed,
  deleted,
  compressionRatio,
  disk,
}) {
  return [
    ['State', STATES[state]],
    ['Folder', folder ?? '–'],
    ['Run', run ?? '–'],
    ['Written', `${counted(frames, 'frame')}, ${bytes(size)}`],
    ['Queued', bytes(queuedBytes)],
    ['Segments', `${count(sealed)} sealed, ${count(compressed)} compressed, ${count(deleted)} deleted`],
    ['Compression', compressionRatio === undefined ? '–' : `to ${(compressionRatio * 100).toFixed(1)} %`],
    ['Disk', disk === undefined ? '–' : `${bytes(disk.freeBytes)} free of ${bytes(disk.totalBytes)}`],
    ['Full in', disk?.timeLeftMs === undefined ? '–' : duration(disk.timeLeftMs)],
  ];
}

function makePair() {
  const pair = document.createElement('div');
  pair.append(document.createElement('dt'), document.createElement('dd'));
  return pair;
}

/** @param {HTMLElement} pair @param {[string, string]} texts */
function updatePair(pair, [name, text]) {
  const [term, description] = pair.children;
  if (term !== undefined) setText(term, name);
  if (description !== undefined) setText(description, text);
}
