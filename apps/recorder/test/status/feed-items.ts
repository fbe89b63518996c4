import { decode } from '@feedtape/protocol';
import type { Verdict } from '@feedtape/sequencer';
import type { WatchedWriter } from '#status/model/capture-state';
import type { DisconnectedItem, FeedItem, FrameItem, GapItem, StaleItem } from '@feedtape/client';

interface FrameParts {
  readonly connection?: number;
  readonly at: number;
  readonly channel?: string;
  readonly product?: string;
  readonly sequence?: number;
  readonly verdict?: Verdict;
  /** The envelope's timestamp in Unix milliseconds. */
  readonly sentAt?: number;
}

/** A frame as a feed delivers it; `decoded` is lazy, as the client promises. */
export function frame({
  connection = 0,
  at,
  channel = 'heartbeats',
  product,
  sequence = 0,
  verdict = { kind: 'next' },
  sentAt = 0,
}: FrameParts): FrameItem {
  const event =
    product === undefined
      ? { heartbeat_counter: 1, current_time: '' }
      : { type: 'update', product_id: product, updates: [] };
  return frameOf(
    JSON.stringify({
      channel,
      timestamp: new Date(sentAt).toISOString(),
      sequence_num: sequence,
      events: [event],
    }),
    { connection, at, verdict },
  );
}

/** A frame item of any text. */
export function frameOf(
  text: string,
  { connection = 0, at, verdict = { kind: 'next' } }: Pick<FrameParts, 'connection' | 'at' | 'verdict'>,
): FrameItem {
  const bytes = new TextEncoder().encode(text);
  return {
    kind: 'frame',
    connection,
    line: 0,
    index: 0,
    binary: false,
    at: at,
    bytes,
    verdict,
    get decoded() {
      return decode(bytes);
    },
  };
}

export const connected = (connection: number, at: number): FeedItem => ({
  kind: 'connected',
  connection,
  at,
  url: 'wss://exchange.example',
  line: 0,
});

export const subscribed = (
  connection: number,
  at: number,
  productIds: readonly string[],
  missing: readonly string[] = [],
): FeedItem => ({
  kind: 'subscribed',
  connection,
  line: 0,
  at,
  subscriptions: { level2: productIds, heartbeats: ['heartbeats'] },
  missing: missing.length === 0 ? [] : [{ channel: 'level2', productIds: missing }],
  aliases: {},
});

export const gap = (
  connection: number,
  at: number,
  count: number | null,
  reason: GapItem['reason'] = 'sequence',
): FeedItem => ({
  kind: 'gap',
  connection,
  line: 0,
  at,
  reason,
  count,
  ...(count === null ? {} : { missing: { from: 1, to: count } }),
});

export const stale = (
  connection: number,
  at: number,
  productIds: readonly string[],
  reason: StaleItem['reason'] = 'gap',
): FeedItem => ({
  kind: 'stale',
  connection,
  line: 0,
  at,
  productIds,
  reason,
});

export const recovered = (connection: number, at: number, productIds: readonly string[]): FeedItem => ({
  kind: 'recovered',
  connection,
  line: 0,
  at,
  productIds,
});

export const disconnected = (connection: number, at: number, retryInMs?: number): DisconnectedItem => ({
  kind: 'disconnected',
  connection,
  line: 0,
  at,
  reason: 'silent for 15 s',
  code: 1006,
  ...(retryInMs === undefined ? {} : { retryInMs }),
});

/** A writer's counts, to be changed by the test. */
export const watchedWriter = (
  stats: Partial<WatchedWriter['stats']> = {},
): WatchedWriter & { stats: WatchedWriter['stats'] } => ({
  run: '20261123T050000Z-1a2b3c4d',
  folder: '/var/lib/feedtape',
  queuedBytes: 0,
  stats: { state: 'recording', frames: 0, bytes: 0, dropped: 0, ...stats },
});
