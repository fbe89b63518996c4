/** Returns an element of the page; throws if it is missing. @param {string} selector @returns {HTMLElement} */
export function element(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`no ${selector} on the page`);
  return found;
}

/** Sets a text only if it differs, so as not to disturb selections and screen readers. @param {Element} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Shows or hides the explanation of an empty list. @param {string} section @param {string | undefined} text */
export function explainEmpty(section, text) {
  const note = element(`${section} .empty`);
  note.hidden = text === undefined;
  setText(note, text ?? '');
  for (const scroll of document.querySelectorAll(`${section} .scroll`)) {
    if (scroll instanceof HTMLElement) scroll.hidden = text !== undefined;
  }
}

/**
 * Updates the children of a parent to a list, one child per key, reusing existing ones.
 * @template Row
 * @param {Element} parent
 * @param {readonly Row[]} rows
 * @param {{ key: (row: Row) => string, make: (row: Row) => HTMLElement, update: (child: HTMLElement, row: Row) => void }} how
 */
export function fit(parent, rows, { key, make, update }) {
  /** @type {Map<string | undefined, HTMLElement>} */
  const left = new Map();
  for (const child of parent.children)
    if (child instanceof HTMLElement) left.set(child.dataset['key'], child);
  /** @type {Element | null} */
  let previous = null;
  for (const row of rows) {
    const name = key(row);
    const child = left.get(name) ?? make(row);
    left.delete(name);
    child.dataset['key'] = name;
    update(child, row);
    /** @type {Element | null} */
    const place = previous === null ? parent.firstElementChild : previous.nextElementSibling;
    if (child !== place) parent.insertBefore(child, place);
    previous = child;
  }
  for (const child of left.values()) child.remove();
}
