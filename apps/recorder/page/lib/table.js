import { fit, setText } from './dom.js';

/**
 * One column of a table. `kind` is its class: `number`, or `wide` if narrow screens hide it.
 * @template Row
 * @typedef {object} Column
 * @property {string} title
 * @property {string} [kind]
 * @property {(row: Row) => string} text
 * @property {(row: Row) => string} [mark] A class by row, for colour and sign.
 * @property {(row: Row) => string | undefined} [hint] A tooltip.
 */

/**
 * Creates a table whose rows are identified by key.
 * @template Row
 * @param {Element} table
 * @param {{ caption: string, columns: readonly Column<Row>[], key: (row: Row) => string, mark?: (row: Row) => string }} options
 * @returns {(rows: readonly Row[]) => void}
 */
export function createTable(table, { caption, columns, key, mark }) {
  const title = document.createElement('caption');
  title.className = 'hidden';
  title.textContent = caption;
  const head = document.createElement('thead');
  const body = document.createElement('tbody');
  const titles = document.createElement('tr');
  titles.append(
    ...columns.map(({ title: text, kind = '' }) => {
      const cell = document.createElement('th');
      cell.scope = 'col';
      cell.className = kind;
      cell.textContent = text;
      return cell;
    }),
  );
  head.append(titles);
  table.append(title, head, body);

  const make = () => {
    const line = document.createElement('tr');
    line.append(
      ...columns.map(({ kind = '' }, index) => {
        const cell = document.createElement(index === 0 ? 'th' : 'td');
        if (index === 0) cell.setAttribute('scope', 'row');
        cell.className = kind;
        cell.append(document.createElement('span'));
        return cell;
      }),
    );
    return line;
  };

  return (rows) =>
    fit(body, rows, {
      key,
      make,
      update(line, row) {
        if (mark !== undefined) line.className = mark(row);
        for (const [index, column] of columns.entries()) {
          const cell = line.children[index];
          const text = cell?.firstElementChild;
          if (cell === undefined || text === undefined || text === null) continue;
          setText(text, column.text(row));
          if (column.mark !== undefined) text.className = column.mark(row);
          const hint = column.hint?.(row);
          if (hint === undefined) cell.removeAttribute('title');
          else cell.setAttribute('title', hint);
        }
      },
    });
}
