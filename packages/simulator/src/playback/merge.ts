import type { CapturedFrame } from '@feedtape/capture/node';
import type { FrameParts } from './frame-parts.ts';
import { subject } from './capture-index.ts';

/**
 * Makes one stream of several recorded connections. For each channel and product one connection speaks at a time:
 * whichever sent the newest snapshot. So a reconnect goes on with its own snapshot, and of two redundant
 * connections only one is heard.
 */
export interface Merge {
  /** Whether the frame belongs into the one stream. */
  admits(frame: Pick<CapturedFrame, 'run' | 'connection'>, parts: FrameParts): boolean;
}

export function createMerge(): Merge {
  const speakers = new Map<string, string>();
  let newest: string | undefined;
  return {
    admits({ run, connection }, { channel, product, isSnapshot, eventsAt }) {
      // Acknowledgements are made afresh; what has no events is no data.
      if (channel === undefined || eventsAt === -1 || channel === 'subscriptions') return false;
      const me = `${run} ${connection}`;
      if (channel === 'heartbeats') {
        newest ??= me;
        return newest === me;
      }
      const about = subject(channel, product);
      if (isSnapshot) {
        speakers.set(about, me);
        newest = me;
        return true;
      }
      const speaker = speakers.get(about);
      // Updates of a book without its snapshot say nothing.
      if (speaker === undefined && channel === 'l2_data') return false;
      if (speaker === undefined) speakers.set(about, me);
      return speaker === undefined || speaker === me;
    },
  };
}
