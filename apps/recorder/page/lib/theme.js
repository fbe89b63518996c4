// Runs before the first paint, so that a chosen theme does not flash. Not a module for the same reason.

const THEMES = ['system', 'light', 'dark'];

/** Storage may be forbidden; the choice then lasts as long as the page. */
function rememberedTheme() {
  try {
    return localStorage.getItem('theme') ?? 'system';
  } catch {
    return 'system';
  }
}

/** @param {string} theme */
function chooseTheme(theme) {
  document.documentElement.dataset['theme'] = THEMES.includes(theme) ? theme : 'system';
  try {
    localStorage.setItem('theme', theme);
  } catch {
    // See above.
  }
}

chooseTheme(rememberedTheme());

document.addEventListener('DOMContentLoaded', () => {
  const { dataset } = document.documentElement;
  const button = document.querySelector('#theme');
  const label = button?.lastElementChild;
  const show = () => {
    if (label instanceof HTMLElement) label.textContent = dataset['theme'] ?? '';
  };
  show();
  button?.addEventListener('click', () => {
    chooseTheme(THEMES[(THEMES.indexOf(dataset['theme'] ?? '') + 1) % THEMES.length] ?? 'system');
    show();
    document.dispatchEvent(new Event('themechange'));
  });
});
