import type {
  ConnectedItem,
  DisconnectedItem,
  FrameItem,
  GapItem,
  RecoveredItem,
  StaleItem,
  SubscribedItem,
} from '@feedtape/client';
import { isProductId } from '@feedtape/protocol';
import { connectionHealth } from './connection-health.ts';
import { subscriptionNames } from '../../events/describe.ts';
import { oneLine } from '../../output/printable.ts';
import { opened, type ConnectionState } from './connection-state.ts';
import { mark, perSecond } from './rate-meter.ts';
import type { ConnectionPhase, ConnectionSnapshot } from './status-snapshot.ts';

/** Connections without a socket that are kept; every reconnect creates a new connection. */
const GONE_LIMIT = 8;

/** Connections that are listed; further ones are only in the totals. */
export const CONNECTION_LIMIT = 64;

/** Products that are tracked per connection, and for all lost connections; the exchange has about a thousand. */
const PRODUCT_LIMIT = 2000;

/** Channels named in a snapshot. */
const CHANNEL_LIMIT = 16;

/** Unacknowledged subscriptions named in a snapshot. */
const NAMED_LIMIT = 5;

/** The connections of a recording, in bounded memory. */
export interface ConnectionStates {
  /** `sequence`: the frame's number, if it has one. */
  frame(item: FrameItem, sequence: number | undefined): void;
  gap(item: GapItem): void;
  connected(item: ConnectedItem): void;
  /** Returns how many more subscriptions are missing from the acknowledgement. */
  subscribed(item: SubscribedItem): number;
  disconnected(item: DisconnectedItem): void;
  stale(item: StaleItem): void;
  /** Returns the longest time that a recovered product was stale or without a connection, if any was. */
  recovered(item: RecoveredItem): number | undefined;
  mark(second: number): void;
  snapshot(moment: Moment): readonly ConnectionSnapshot[];
}

/** Time of a snapshot: monotonic milliseconds, the current second, and the offset to Unix milliseconds. */
export interface Moment {
  readonly now: number;
  readonly second: number;
  readonly offset: number;
}

export function createConnectionStates(): ConnectionStates {
  const states = new Map<number, ConnectionState>();
  /** Products whose connection was lost → when. */
  const outages = new Map<string, number>();

  const add = (connection: number, origin: Pick<ConnectionState, 'url' | 'line'> & { at: number }): void => {
    forgetReplaced(states, origin.line);
    if (states.size < CONNECTION_LIMIT) states.set(connection, opened(connection, origin));
  };

  return {
    frame(item, sequence) {
      const state = states.get(item.connection);
      if (state !== undefined) receive(state, item, sequence);
    },
    gap({ connection, reason, count }) {
      const state = states.get(connection);
      if (state === undefined) return;
      state.gaps += 1;
      if (reason === 'sequence') state.missing += count ?? 0;
    },
    connected: ({ connection, url, at, line }) => add(connection, { url, at, line }),
    subscribed(item) {
      const state = states.get(item.connection);
      return state === undefined ? 0 : acknowledge(state, item);
    },
    disconnected({ connection, at, reason, retryInMs }) {
      // A failed attempt ends without a `connected` item.
      if (!states.has(connection)) add(connection, { url: '', at, line: undefined });
      const state = states.get(connection);
      if (state === undefined) return;
      enter(state, retryInMs === undefined ? 'ended' : 'waiting', at);
      state.retryAt = retryInMs === undefined ? undefined : at + retryInMs;
      state.reason = reason === '' ? undefined : oneLine(reason);
      for (const product of state.products) begin(outages, product, state.stale.get(product) ?? at);
      forgetOldest(states);
    },
    stale({ connection, at, productIds }) {
      const state = states.get(connection);
      if (state === undefined) return;
      for (const product of productIds) begin(state.stale, product, at);
    },
    recovered: ({ connection, at, productIds }) =>
      outageOf(productIds, at, [states.get(connection)?.stale, outages]),
    mark(second) {
      for (const { frames, bytes } of states.values()) {
        mark(frames, second);
        mark(bytes, second);
      }
    },
    snapshot: (moment) =>
      [...states.values()]
        .toSorted(
          (left, right) => ORDER[left.phase] - ORDER[right.phase] || left.connection - right.connection,
        )
        .map((state) => snapshotOf(state, moment)),
  };
}

/** Removes the connection that a new one replaces: the one with the earliest next attempt, of the same line if possible. */
function forgetReplaced(states: Map<number, ConnectionState>, line: number | undefined): void {
  const otherLine = (state: ConnectionState): number => Number(state.line !== line);
  const [replaced] = [...states.values()]
    .filter(({ phase }) => phase === 'waiting')
    .toSorted(
      (left, right) => otherLine(left) - otherLine(right) || (left.retryAt ?? 0) - (right.retryAt ?? 0),
    );
  if (replaced !== undefined) states.delete(replaced.connection);
}

function forgetOldest(states: Map<number, ConnectionState>): void {
  const gone = [...states.values()].filter((state) => !isLive(state));
  for (const { connection } of gone.slice(0, Math.max(0, gone.length - GONE_LIMIT)))
    states.delete(connection);
}

function receive(
  state: ConnectionState,
  { at, bytes, verdict }: FrameItem,
  sequence: number | undefined,
): void {
  state.frames.total += 1;
  state.bytes.total += bytes.length;
  state.lastFrameAt = at;
  if (sequence !== undefined && sequence > (state.sequence ?? -1)) state.sequence = sequence;
  if (verdict?.kind === 'late') state.missing -= 1;
}

/** Ends the outages of recovered products. Returns the longest, by the first table that knows each product. */
function outageOf(
  products: readonly string[],
  at: number,
  tables: readonly (Map<string, number> | undefined)[],
): number | undefined {
  const starts = products.flatMap(
    (product) => tables.map((table) => table?.get(product)).find((start) => start !== undefined) ?? [],
  );
  for (const product of products) for (const table of tables) table?.delete(product);
  return starts.length === 0 ? undefined : at - Math.min(...starts);
}

/** Returns how many more subscriptions are missing. */
function acknowledge(state: ConnectionState, { at, subscriptions, missing }: SubscribedItem): number {
  if (state.phase === 'open') enter(state, 'subscribed', at);
  state.channels = Object.keys(subscriptions)
    .slice(0, CHANNEL_LIMIT)
    .map((text) => oneLine(text));
  state.products = new Set(Object.values(subscriptions).flat().filter(isProductId).slice(0, PRODUCT_LIMIT));
  const before = new Set(state.unacknowledged);
  state.unacknowledged = subscriptionNames(missing).map((text) => oneLine(text));
  return state.unacknowledged.filter((name) => !before.has(name)).length;
}

const isLive = ({ phase }: ConnectionState): boolean => phase === 'open' || phase === 'subscribed';

const ORDER: Readonly<Record<ConnectionPhase, number>> = { open: 0, subscribed: 0, waiting: 1, ended: 2 };

/** Sets a start time unless there is one. */
function begin(times: Map<string, number>, product: string, at: number): void {
  if (times.size < PRODUCT_LIMIT && !times.has(product)) times.set(product, at);
}

function enter(state: ConnectionState, phase: ConnectionPhase, at: number): void {
  state.phase = phase;
  state.since = at;
}

function snapshotOf(state: ConnectionState, { now, second, offset }: Moment): ConnectionSnapshot {
  const { retryAt, reason, lastFrameAt, sequence } = state;
  return {
    connection: state.connection,
    url: state.url,
    phase: state.phase,
    health: connectionHealth(state, now),
    openedAt: Math.round(state.openedAt + offset),
    since: Math.round(state.since + offset),
    ...(retryAt === undefined ? {} : { retryAt: Math.round(retryAt + offset) }),
    ...(reason === undefined ? {} : { reason }),
    frames: state.frames.total,
    bytes: state.bytes.total,
    framesPerSecond: perSecond(state.frames, second),
    bytesPerSecond: perSecond(state.bytes, second),
    ...(lastFrameAt === undefined ? {} : { lastFrameAgeMs: Math.max(0, Math.round(now - lastFrameAt)) }),
    ...(sequence === undefined ? {} : { sequence }),
    gaps: state.gaps,
    missing: state.missing,
    channels: state.channels,
    products: state.products.size,
    staleProducts: state.stale.size,
    unacknowledged: state.unacknowledged.slice(0, NAMED_LIMIT),
    unacknowledgedCount: state.unacknowledged.length,
  };
}
