// Runs before the first paint, so that a chosen theme does not flash. Not a module for the same reason.
{
  const choices = ['system', 'light', 'dark'];
  const root = document.documentElement;

  /** Storage may be forbidden; the choice then lasts as long as the page. */
  const remembered = () => {
    try {
      return localStorage.getItem('theme') ?? 'system';
    } catch {
      return 'system';
    }
  };

  /** @param {string} theme */
  const choose = (theme) => {
    root.dataset['theme'] = choices.includes(theme) ? theme : 'system';
    try {
      localStorage.setItem('theme', theme);
    } catch {
      // See above.
    }
  };

  choose(remembered());

  document.addEventListener('DOMContentLoaded', () => {
    const button = document.querySelector('#theme');
    if (!(button instanceof HTMLButtonElement)) return;
    const label = () => {
      if (button.lastElementChild !== null) button.lastElementChild.textContent = root.dataset['theme'] ?? '';
    };
    label();
    button.addEventListener('click', () => {
      choose(choices[(choices.indexOf(root.dataset['theme'] ?? '') + 1) % choices.length] ?? 'system');
      label();
      document.dispatchEvent(new Event('themechange'));
    });
  });
}
