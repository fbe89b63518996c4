import type { ServerResponse } from 'node:http';
import type { RecordingStatus } from '../model/recording-status.ts';

/** Pages that may watch at the same time. */
export const VIEWER_LIMIT = 16;

/** A viewer that has not taken what it was sent for this many snapshots is let go. */
const PATIENCE = 20;

/** Seconds of history in every snapshot, so that a page misses none between two of them. */
const RECENT_SECONDS = 3;

/** What makes a moment: monotonic and wall milliseconds. */
export interface StatusClock {
  now(): number;
  wall(): number;
}

/** Server-sent events for the page: `history` once, then `status` at every interval while somebody watches. */
export interface SnapshotStream {
  /** Takes over a response whose headers are set; false when there are too many viewers. */
  add(response: ServerResponse): boolean;
  close(): void;
}

export function createSnapshotStream(
  status: Pick<RecordingStatus, 'snapshot' | 'history'>,
  { clock, everyMs }: { clock: StatusClock; everyMs: number },
): SnapshotStream {
  /** Viewer → snapshots in a row that it had no room for. */
  const viewers = new Map<ServerResponse, number>();
  let timer: NodeJS.Timeout | undefined;

  const statusEvent = (): string => {
    const [now, wall] = [clock.now(), clock.wall()];
    const recent = status.history(now, wall, RECENT_SECONDS);
    return event('status', { snapshot: status.snapshot(now, wall), recent });
  };

  const tick = (): void => {
    let text: string;
    try {
      text = statusEvent();
    } catch {
      // The recording goes on without viewers; when they come back, the answer to their request says what is wrong.
      for (const viewer of viewers.keys()) viewer.destroy();
      return;
    }
    for (const [viewer, missed] of viewers) {
      if (!viewer.writableNeedDrain) {
        viewer.write(text);
        viewers.set(viewer, 0);
      } else if (missed < PATIENCE) viewers.set(viewer, missed + 1);
      else viewer.destroy();
    }
  };

  const remove = (viewer: ServerResponse): void => {
    viewers.delete(viewer);
    if (viewers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };

  return {
    add(response) {
      if (viewers.size >= VIEWER_LIMIT) return false;
      // The browser comes back a second after it lost us.
      const beginning = `retry: 1000\n\n${event('history', status.history(clock.now(), clock.wall()))}${statusEvent()}`;
      viewers.set(response, 0);
      response.on('close', () => remove(response));
      timer ??= setInterval(tick, everyMs).unref();
      response.write(beginning);
      return true;
    },
    close() {
      for (const viewer of viewers.keys()) viewer.end();
    },
  };
}

/** JSON has no line breaks, so it is one `data` line. */
const event = (name: string, value: unknown): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
