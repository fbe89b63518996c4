/** @import { StatusSnapshot, StatusHistory } from '../../src/status/model/status-snapshot.ts' */

/** Data older than this is marked as old, even while the connection is open. */
const SILENCE_MS = 3000;

/** Reconnects after this time, because a browser does not reconnect after an error status. */
const AGAIN_MS = 2000;

/**
 * Receives server-sent events for as long as the page is open.
 * @param {object} on
 * @param {(history: StatusHistory) => void} on.history
 * @param {(snapshot: StatusSnapshot, recent: StatusHistory) => void} on.status
 * @param {(since: number | undefined) => void} on.lost Called with the time of the last event while there are none.
 */
export function listen({ history, status, lost }) {
  let lastEventAt = Date.now();

  const open = () => {
    const source = new EventSource('/events');
    source.addEventListener('history', ({ data }) => history(JSON.parse(data)));
    source.addEventListener('status', ({ data }) => {
      const { snapshot, recent } = JSON.parse(data);
      lastEventAt = Date.now();
      lost(undefined);
      status(snapshot, recent);
    });
    source.addEventListener('error', () => {
      lost(lastEventAt);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MS);
    });
  };

  open();
  setInterval(() => {
    if (Date.now() - lastEventAt > SILENCE_MS) lost(lastEventAt);
  }, 1000);
}
