import { element, explainEmpty, setText } from '../lib/dom.js';
import { count, duration } from '../lib/format.js';
import { createTable } from '../lib/table.js';

/** @import { StatusSnapshot, BookTop } from '../../src/status/model/status-snapshot.ts' */

const LEVELS = { fresh: 'good', stale: 'bad', empty: 'warning' };

/** @returns {(snapshot: StatusSnapshot) => void} */
export function createBooks() {
  let now = 0;
  /** @type {(rows: readonly BookTop[]) => void} */
  const show = createTable(element('#books table'), {
    caption: 'Best prices of each book',
    key: ({ product }) => product,
    mark: ({ status }) => (status === 'fresh' ? '' : 'past'),
    columns: [
      { title: 'Product', text: ({ product }) => product },
      {
        title: 'State',
        text: ({ status, reason }) => (reason === undefined ? status : `${status}: ${reason}`),
        mark: ({ status }) => `sign ${LEVELS[status]}`,
        hint: ({ connection, levels }) => `connection ${connection}, ${count(levels)} levels`,
      },
      { title: 'Bid size', kind: 'number roomy', text: ({ bid }) => bid?.size ?? '–' },
      { title: 'Bid', kind: 'number', text: ({ bid, ask }) => aligned(bid?.price, ask?.price) },
      { title: 'Ask', kind: 'number', text: ({ bid, ask }) => aligned(ask?.price, bid?.price) },
      { title: 'Ask size', kind: 'number roomy', text: ({ ask }) => ask?.size ?? '–' },
      { title: 'Spread', kind: 'number wide', text: ({ spread }) => spread ?? '–' },
      {
        title: 'Age',
        kind: 'number',
        text: ({ updatedAt }) => (updatedAt === undefined ? '–' : duration(Math.max(0, now - updatedAt))),
      },
    ],
  });
  return ({ at, books }) => {
    now = at;
    show(books?.kept ?? []);
    setText(element('#book-count'), books === undefined ? '' : summaryOf(books));
    explainEmpty('#books', emptyReason(books));
  };
}

/** Pads a price to the digits of the other one, for comparison. @param {string | undefined} price @param {string | undefined} other */
function aligned(price, other) {
  if (price === undefined) return '–';
  const digits = other?.split('.')[1]?.length ?? 0;
  const [whole, fraction = ''] = price.split('.');
  return digits === 0 ? price : `${whole}.${fraction.padEnd(digits, '0')}`;
}

/** @param {NonNullable<StatusSnapshot['books']>} books */
function summaryOf({ kept, notKept }) {
  const fresh = kept.filter(({ status }) => status === 'fresh').length;
  const others = notKept === 0 ? '' : `; ${count(notKept)} products more are not kept`;
  return `${count(fresh)} of ${count(kept.length)} fresh${others}`;
}

/** @param {StatusSnapshot['books']} books */
function emptyReason(books) {
  if (books === undefined) return 'No books are kept in this run.';
  return books.kept.length === 0
    ? 'No book yet: a book starts with the first level2 frame of its product.'
    : undefined;
}
