import type { WriterEvent } from '@feedtape/capture/node';
import type { FeedItem, FeedOptions } from '@feedtape/client';
import { countText } from '../output/format.ts';
import { oneLine } from '../output/printable.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Something that happened, for the log: a sentence for a person, and the same as fields for a machine. */
export interface Notice {
  readonly level: LogLevel;
  /** What kind of thing, such as `disconnected`. */
  readonly event: string;
  readonly text: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | null | undefined>>;
}

/** One entry of the client's own log. */
type ClientLogEntry = Parameters<NonNullable<FeedOptions['log']>>[0];

/** Products named in a line; the rest is counted. */
const MOST_NAMED = 10;

/** What an item of the feed means for the log. */
export function itemNotice(item: Exclude<FeedItem, { kind: 'frame' }>): Notice {
  const { kind: event, connection } = item;
  const who = `connection ${connection}`;
  switch (item.kind) {
    case 'connected':
      return { level: 'debug', event, text: `${who} to ${item.url}`, fields: { connection, url: item.url } };
    case 'sent': {
      const request = JSON.stringify(item.request);
      return { level: 'debug', event, text: `${who} sent ${request}`, fields: { connection, request } };
    }
    case 'disconnected':
      return disconnectedNotice(item);
    case 'gap':
      return gapNotice(item);
    case 'rejected': {
      const message = oneLine(item.message);
      const text = `${who}: the exchange says "${message}"`;
      return { level: 'warn', event, text, fields: { connection, message } };
    }
    case 'subscribed':
      return subscribedNotice(item);
    case 'stale': {
      const [products, reason] = [productsText(item.productIds), item.reason];
      const text = `${who}: not to be trusted (${reason}): ${products}`;
      return { level: 'debug', event, text, fields: { connection, reason, products } };
    }
    case 'recovered': {
      const products = productsText(item.productIds);
      const text = `${who}: the books are right again: ${products}`;
      return { level: 'info', event, text, fields: { connection, products } };
    }
  }
}

type Item<Kind extends FeedItem['kind']> = Extract<FeedItem, { kind: Kind }>;

function disconnectedNotice(item: Item<'disconnected'>): Notice {
  const { kind: event, connection, code, errorCode, retryInMs } = item;
  const reason = oneLine(item.reason);
  // Our own goodbye at the end of a recording.
  const ours = code === 1000 || errorCode === 'STOPPED';
  const level = ours && retryInMs === undefined ? 'debug' : 'warn';
  const next = retryInMs === undefined ? 'not trying again' : `again in ${waitText(retryInMs)}`;
  const text = `connection ${connection} ended: ${`${oneLine(errorCode ?? String(code))} ${reason}`.trim()}; ${next}`;
  return { level, event, text, fields: { connection, code, errorCode, reason, retryInMs } };
}

function gapNotice({ kind: event, connection, why, missing, count }: Item<'gap'>): Notice {
  const what =
    missing === undefined
      ? `frames may be missing (${why})`
      : `${countText(count ?? 0, 'frame')} missing, ${missing.from} to ${missing.to}`;
  const fields = { connection, why, from: missing?.from, to: missing?.to, count };
  return { level: 'warn', event, text: `connection ${connection}: ${what}`, fields };
}

function subscribedNotice({ kind: event, connection, missing, subscriptions }: Item<'subscribed'>): Notice {
  const lacking = oneLine(missing.map(subscriptionText).join('; '));
  if (lacking !== '') {
    const text = `connection ${connection}: not acknowledged: ${lacking}`;
    return { level: 'warn', event, text, fields: { connection, missing: lacking } };
  }
  const held = oneLine(Object.keys(subscriptions).join(', '));
  const text = `connection ${connection}: subscribed to ${held}`;
  return { level: 'debug', event, text, fields: { connection, channels: held } };
}

const subscriptionText = ({
  channel,
  productIds,
}: {
  channel: string;
  productIds?: readonly string[];
}): string => `${channel} ${productsText(productIds ?? [])}`.trimEnd();

function productsText(products: readonly string[]): string {
  const named = products
    .slice(0, MOST_NAMED)
    .map((id) => oneLine(id))
    .join(', ');
  return products.length > MOST_NAMED ? `${named} and ${products.length - MOST_NAMED} more` : named;
}

/** What an event of the capture's writer means for the log. */
export function writerNotice(event: WriterEvent): Notice {
  const [level, text] = writerText(event);
  const { kind, ...fields } = event;
  const plain = Object.entries(fields).map(([key, value]) => [
    key,
    typeof value === 'number' ? value : errorText(value),
  ]);
  return { level, event: kind, text, fields: Object.fromEntries(plain) as Record<string, string | number> };
}

function writerText(event: WriterEvent): [LogLevel, string] {
  switch (event.kind) {
    case 'lock-watched':
      return [
        'info',
        `${oneLine(event.holder)} may be recording here and cannot be asked: watching its lock for 15 s`,
      ];
    case 'opened':
      return ['debug', `writing ${event.file}`];
    case 'sealed':
      return ['debug', `sealed ${event.file}: ${countText(event.frames, 'frame')}`];
    case 'compressed':
      return ['debug', `compressed to ${event.file}: ${countText(event.bytes, 'byte')}`];
    case 'repaired':
      return ['info', `sealed ${event.file}, which an earlier run left open`];
    case 'deleted':
      return ['info', `deleted ${event.file} (${event.why})`];
    case 'low-space':
      return ['warn', `only ${countText(Math.round(event.freeBytes / 1024 / 1024), 'MiB')} free on the disk`];
    case 'disk-full':
      return ['error', 'the disk is full: frames are held in memory, then dropped and counted'];
    case 'resumed':
      return ['warn', `the disk has room again; ${countText(event.dropped, 'frame')} dropped meanwhile`];
    case 'clock-step':
      return ['warn', `the wall clock stepped by ${event.offsetMs.toFixed(1)} ms`];
    case 'seal-failed':
    case 'compress-failed':
    case 'delete-failed':
    case 'io-error':
    case 'failed':
      return ['error', `${event.kind}: ${errorText(event.error)}`];
  }
}

const errorText = (error: unknown): string => oneLine(error instanceof Error ? error.message : String(error));

/** What the client says of itself and no item does; the rest would be said twice. */
export function clientNotice({ level, event, connection, details = {} }: ClientLogEntry): Notice | undefined {
  if (SAID_BY_ITEMS.has(event)) return undefined;
  const fields = Object.fromEntries(
    Object.entries(details).map(([key, value]) => [key, typeof value === 'string' ? oneLine(value) : value]),
  );
  const said = Object.entries(fields).map(([key, value]) => `${key} ${String(value)}`);
  const who = connection === undefined ? '' : `connection ${connection}: `;
  const text = `${who}${[event.replaceAll('-', ' '), ...said].join(', ')}`;
  return { level, event, text, fields: { ...(connection === undefined ? {} : { connection }), ...fields } };
}

const SAID_BY_ITEMS: ReadonlySet<string> = new Set(['connection-ended', 'request-rejected', 'feed-failed']);

const waitText = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
