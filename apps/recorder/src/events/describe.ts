import type { WriterEvent } from '@feedtape/capture/node';
import type { FeedItem, FeedOptions } from '@feedtape/client';
import { countText, listText, secondsText } from '../output/format.ts';
import { errorText, oneLine } from '../output/printable.ts';
import type { IncidentKind, LogLevel, RecorderEvent } from './recorder-event.ts';

type Item<Kind extends FeedItem['kind']> = Extract<FeedItem, { kind: Kind }>;

const GAPS: Readonly<Record<Item<'gap'>['reason'], string>> = {
  sequence: 'frames missing by sequence number',
  disconnect: 'an unknown number of frames missing since the connection was lost',
  backpressure: 'frames dropped because the recorder fell behind',
  restart: 'an unknown number of frames missing: the exchange restarted its sequence numbers',
};

const STALE: Readonly<Record<Item<'stale'>['reason'], string>> = {
  gap: 'stale since a gap',
  silence: 'stale while no frame arrives',
  disconnect: 'stale since the connection was lost',
  backpressure: 'stale since frames were dropped',
  restart: 'stale since the exchange restarted its sequence numbers',
  refresh: 'stale until the requested snapshot',
  unsubscribed: 'stale: unsubscribed',
};

/** Describes an item of the feed. `outageMs`: how long a recovered product was stale, if known. */
export function describeItem(item: Exclude<FeedItem, { kind: 'frame' }>, outageMs?: number): RecorderEvent {
  const { kind: event, connection } = item;
  switch (item.kind) {
    case 'connected': {
      const { url } = item;
      const incident = { kind: 'connect' } as const;
      return { level: 'debug', event, connection, text: `connected to ${url}`, fields: { url }, incident };
    }
    case 'sent': {
      const request = JSON.stringify(item.request);
      return { level: 'debug', event, connection, text: `sent ${request}`, fields: { request } };
    }
    case 'disconnected':
      return describeDisconnect(item);
    case 'gap':
      return describeGap(item);
    case 'rejected': {
      const message = oneLine(item.message);
      const text = `error reply from the exchange: "${message}"`;
      return { level: 'warn', event, connection, text, fields: { message }, incident: { kind: 'rejected' } };
    }
    case 'subscribed':
      return describeAcknowledgement(item);
    case 'stale': {
      const { productIds: products, reason } = item;
      const text = STALE[reason];
      const incident = { kind: 'stale', cause: text } as const;
      return { level: 'debug', event, connection, products, text, fields: { reason }, incident };
    }
    case 'recovered': {
      const text = 'resynchronised';
      const afterMs = outageMs === undefined ? {} : { afterMs: outageMs };
      const incident = { kind: 'recovery', cause: text, ...afterMs } as const;
      return { level: 'info', event, connection, products: item.productIds, text, incident };
    }
  }
}

function describeDisconnect(item: Item<'disconnected'>): RecorderEvent {
  const { kind: event, connection, code, errorCode, retryInMs } = item;
  const reason = oneLine(item.reason);
  // Our own close at the end of a recording.
  const ours = code === 1000 || errorCode === 'STOPPED';
  const why = [oneLine(errorCode ?? `close code ${code}`), ...(reason === '' ? [] : [reason])].join(', ');
  const next = retryInMs === undefined ? 'not reconnecting' : `reconnecting in ${secondsText(retryInMs)}`;
  return {
    level: ours && retryInMs === undefined ? 'debug' : 'warn',
    event,
    connection,
    text: `disconnected (${why}); ${next}`,
    fields: { code, errorCode, reason, retryInMs },
    incident: { kind: 'disconnect' },
  };
}

function describeGap({ kind: event, connection, reason: why, missing, count }: Item<'gap'>): RecorderEvent {
  const cause = GAPS[why];
  const fields = { why, from: missing?.from, to: missing?.to, count };
  const incident = { kind: 'gap', cause, count } as const;
  return { level: 'warn', event, connection, text: gapText(missing, count) ?? cause, fields, incident };
}

function gapText(missing: Item<'gap'>['missing'], count: number | null): string | undefined {
  if (missing === undefined) return undefined;
  const { from, to } = missing;
  const numbers = from === to ? `number ${from}` : `numbers ${from} to ${to}`;
  return `${countText(count ?? 0, 'frame')} missing, sequence ${numbers}`;
}

function describeAcknowledgement(item: Item<'subscribed'>): RecorderEvent {
  const { kind: event, connection, subscriptions } = item;
  const missing = notAcknowledged(subscriptionNames(item.missing));
  if (missing !== undefined) return { level: 'warn', event, connection, text: missing, fields: { missing } };
  const channels = oneLine(Object.keys(subscriptions).join(', '));
  return { level: 'debug', event, connection, text: `subscribed to ${channels}`, fields: { channels } };
}

/** `level2 BTC-USD`, one for each product; a channel without products by its name alone. */
export function subscriptionNames(subscriptions: Item<'subscribed'>['missing']): readonly string[] {
  return subscriptions.flatMap(({ channel, productIds = [] }) =>
    productIds.length === 0 ? [channel] : productIds.map((product) => `${channel} ${product}`),
  );
}

/** The sentence about subscriptions that the exchange left out of its acknowledgement, if there are any. */
export const notAcknowledged = (names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : `not acknowledged: ${listText(names.map((name) => oneLine(name)))}`;

/** Events of the capture's writer that are incidents. */
const WRITER_INCIDENTS: Readonly<Partial<Record<WriterEvent['kind'], IncidentKind>>> = {
  repaired: 'repaired',
  'low-space': 'low-space',
  'disk-full': 'disk-full',
  resumed: 'resumed',
  'clock-step': 'clock-step',
  failed: 'failure',
  'io-error': 'failure',
  'seal-failed': 'failure',
  'compress-failed': 'failure',
  'delete-failed': 'failure',
};

/** Describes an event of the capture's writer. */
export function describeWriterEvent(event: WriterEvent): RecorderEvent {
  const { kind, ...details } = event;
  const [level, text] = writerSentence(event);
  const fields = Object.fromEntries(
    Object.entries(details).map(([key, value]) => [
      key,
      typeof value === 'number' ? value : errorText(value),
    ]),
  );
  const incident = WRITER_INCIDENTS[kind];
  return { level, event: kind, text, fields, ...(incident && { incident: { kind: incident } }) };
}

function writerSentence(event: WriterEvent): readonly [LogLevel, string] {
  switch (event.kind) {
    case 'lock-watched':
      return ['info', lockWatched(event.holder)];
    case 'opened':
      return ['debug', `writing ${event.file}`];
    case 'sealed':
      return ['debug', `sealed ${event.file}: ${countText(event.frames, 'frame')}`];
    case 'compressed':
      return ['debug', `compressed to ${event.file}: ${countText(event.bytes, 'byte')}`];
    case 'deleted':
      return ['info', `deleted ${event.file} (${event.why})`];
    case 'repaired':
      return ['info', `sealed ${event.file}, which an earlier run left open`];
    case 'unsettled':
      return ['warn', `${oneLine(event.file)} ${oneLine(event.reason)}`];
    case 'low-space':
      return ['warn', `only ${Math.round(event.freeBytes / 1024 / 1024)} MiB free on the disk`];
    case 'disk-full':
      return ['error', `${DISK_FULL}: frames are held in memory, then dropped and counted`];
    case 'resumed':
      return ['warn', `the disk has room again; ${countText(event.dropped, 'frame')} dropped meanwhile`];
    case 'clock-step':
      return ['warn', `the wall clock stepped by ${event.offsetMs.toFixed(1)} ms`];
    case 'failed':
      return ['error', recordingFailed(errorText(event.error))];
    case 'seal-failed':
    case 'compress-failed':
    case 'delete-failed':
    case 'io-error':
      return ['error', `${event.kind}: ${errorText(event.error)}`];
  }
}

export const lockWatched = (holder: string): string =>
  `${oneLine(holder)} may be recording here and cannot be asked: watching its lock for 15 s`;
export const DISK_FULL = 'the disk is full';
export const recordingFailed = (why: string): string => `recording failed: ${why}`;

/** What items of the feed already say. */
const SAID_BY_ITEMS: ReadonlySet<string> = new Set(['connection-ended', 'request-rejected', 'feed-failed']);

/** Describes an entry of the client's own log; `undefined` for what an item of the feed says too. */
export function describeClientEvent({
  level,
  event,
  connection,
  details = {},
}: Parameters<NonNullable<FeedOptions['log']>>[0]): RecorderEvent | undefined {
  if (SAID_BY_ITEMS.has(event)) return undefined;
  const fields = Object.fromEntries(
    Object.entries(details).map(([key, value]) => [key, typeof value === 'string' ? oneLine(value) : value]),
  );
  const said = Object.entries(fields).map(([key, value]) => `${key} ${String(value)}`);
  const text = [event.replaceAll('-', ' '), ...said].join(', ');
  return { level, event, text, ...(connection === undefined ? {} : { connection }), fields };
}
