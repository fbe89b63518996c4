/** @import { StatusSnapshot, StatusHistory } from '../../src/status/model/status-snapshot.ts' */

/** Without news for this long the figures are called old, even if the socket says nothing. */
const SILENCE_MS = 3000;

/** A browser gives up on a stream that was refused; we do not. */
const AGAIN_MS = 2000;

/**
 * Listens to the recorder for as long as the page is open.
 * @param {object} told
 * @param {(history: StatusHistory) => void} told.history
 * @param {(snapshot: StatusSnapshot, recent: StatusHistory) => void} told.status
 * @param {(since: number | undefined) => void} told.lost Called with the time of the last news while there is none.
 */
export function listen({ history, status, lost }) {
  let lastNews = Date.now();

  const open = () => {
    const source = new EventSource('/events');
    source.addEventListener('history', ({ data }) => history(JSON.parse(data)));
    source.addEventListener('status', ({ data }) => {
      const { snapshot, recent } = JSON.parse(data);
      lastNews = Date.now();
      lost(undefined);
      status(snapshot, recent);
    });
    source.addEventListener('error', () => {
      lost(lastNews);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MS);
    });
  };

  open();
  setInterval(() => {
    if (Date.now() - lastNews > SILENCE_MS) lost(lastNews);
  }, 1000);
}
