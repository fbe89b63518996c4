import type { ServerResponse } from 'node:http';
import type { RecordingStatus } from '../model/recording-status.ts';

/** Maximum number of concurrent viewers. */
export const VIEWER_LIMIT = 16;

/** A viewer that has not read its data for this many snapshots is disconnected. */
const MAX_MISSED = 20;

/** Seconds of history in every snapshot, so that a page misses none. */
const RECENT_SECONDS = 3;

/** Monotonic and wall-clock milliseconds. */
export interface StatusClock {
  now(): number;
  wall(): number;
}

/** Sends server-sent events: `history` once, then `status` at every interval while there are viewers. */
export interface SnapshotStream {
  /** Adds a response whose headers are set; returns false if there are too many viewers. */
  add(response: ServerResponse): boolean;
  close(): void;
}

export function createSnapshotStream(
  status: Pick<RecordingStatus, 'snapshot' | 'history'>,
  { clock, everyMs }: { clock: StatusClock; everyMs: number },
): SnapshotStream {
  /** Viewer → consecutive snapshots that it missed. */
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
      // The recording continues without viewers; their next request reports the error.
      for (const viewer of viewers.keys()) viewer.destroy();
      return;
    }
    for (const [viewer, missed] of viewers) {
      if (!viewer.writableNeedDrain) {
        viewer.write(text);
        viewers.set(viewer, 0);
      } else if (missed < MAX_MISSED) viewers.set(viewer, missed + 1);
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
      // The browser reconnects after one second.
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

/** JSON has no line breaks, so one `data` line suffices. */
const event = (name: string, value: unknown): string => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
