// Runs before the first paint, and therefore is no module, so that the page does not flash.

const THEMES = ['system', 'light', 'dark'];

/** Without access to storage the choice lasts as long as the page. */
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
    // No access to storage.
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
