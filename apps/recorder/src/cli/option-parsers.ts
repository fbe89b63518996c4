import { InvalidArgumentError } from 'commander';
import { closest } from 'fastest-levenshtein';
import ms from 'ms';
import { CHANNELS, isRequestChannel, PRODUCT_ID, type RequestChannel } from '@feedtape/protocol';
import { TABLE_NAMES, type TableName } from '../export/export-tables.ts';
import { parseListenAddress, type ListenAddress } from '../status/server/listen-address.ts';

// Every error names the rejected text, the accepted form, and a valid example.

/** Parses `10s`, `5m`, `1h`, `2d` … to milliseconds. */
export function duration(text: string): number {
  const value = /^\d+(?:\.\d+)?\s?(?:ms|s|m|min|h|d|w)$/u.test(text) ? ms(text as ms.StringValue) : undefined;
  if (value === undefined)
    throw new InvalidArgumentError(`"${text}" is not a duration; write for example 10s, 5m, 1h or 2d.`);
  return value;
}

/** Parses `64MiB`, `1GB`, `500kB` … to bytes: `MiB` is 1,024², `MB` is 1,000². */
export function size(text: string): number {
  const [, digits = '', prefix = '', binary] = /^(\d+(?:\.\d+)?)\s?([kmgt]?)(i?)b$/iu.exec(text) ?? [];
  const power = prefix === '' ? 0 : 1 + 'kmgt'.indexOf(prefix.toLowerCase());
  const value = Math.floor(Number(digits) * (binary === '' ? 1000 : 1024) ** power);
  if (digits === '' || value < 1 || !Number.isSafeInteger(value))
    throw new InvalidArgumentError(`"${text}" is not a size; write for example 64MiB or 1GiB.`);
  return value;
}

/** Parses an integer of at least 1. */
export function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/u.test(text) || !Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError(`"${text}" is not an integer of at least 1.`);
  return value;
}

/** Parses a port to listen on. */
export function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/u.test(text) || value < 1 || value > 65_535)
    throw new InvalidArgumentError(`"${text}" is not a port; it is a number from 1 to 65535.`);
  return value;
}

/** Parses product ids, repeated or comma-separated, by the exchange's pattern. */
export function productIds(text: string, previous: readonly string[] = []): readonly string[] {
  const ids = text.split(',').map((id) => id.trim());
  for (const id of ids) {
    if (PRODUCT_ID.test(id)) continue;
    const repaired = id.toUpperCase().replaceAll(/[/_\s]/gu, '-');
    const suggestion = PRODUCT_ID.test(repaired)
      ? ` Did you mean ${repaired}?`
      : ' A product id looks like BTC-USD.';
    throw new InvalidArgumentError(`"${id}" is not a product id.${suggestion}`);
  }
  return [...new Set([...previous, ...ids])];
}

/** Parses channel names, repeated or comma-separated, as used in subscriptions. */
export function channels(text: string, previous: readonly RequestChannel[] = []): readonly RequestChannel[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set([...previous, ...names.map(channel)])];
}

function channel(name: string): RequestChannel {
  if (isRequestChannel(name)) return name;
  const near = closest(name, [...CHANNELS]);
  throw new InvalidArgumentError(
    `"${name}" is not a channel. Did you mean ${near}? Known: ${CHANNELS.join(', ')}.`,
  );
}

/** Parses names of export tables, repeated or comma-separated. */
export function tableNames(text: string, previous: readonly TableName[] = []): readonly TableName[] {
  const names = text.split(',').map((name) => name.trim());
  return [...new Set([...previous, ...names.map(tableName)])];
}

const isTableName = (name: string): name is TableName => (TABLE_NAMES as readonly string[]).includes(name);

function tableName(name: string): TableName {
  if (isTableName(name)) return name;
  throw new InvalidArgumentError(
    `"${name}" is not a table. Did you mean ${closest(name, [...TABLE_NAMES])}? Known: ${TABLE_NAMES.join(', ')}.`,
  );
}

/** Parses `always`, `never` or an interval. */
export function fsyncPolicy(text: string): 'always' | 'never' | { readonly everyMs: number } {
  return text === 'always' || text === 'never' ? text : { everyMs: duration(text) };
}

/** Parses a WebSocket address. */
export function webSocketUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'wss:' || url?.protocol === 'ws:') return text;
  // It may hold a password, or a key in its query.
  const what = /[@?]/u.test(text) ? 'this' : `"${text}"`;
  throw new InvalidArgumentError(
    `${what} is not a WebSocket address; it starts with wss:// (or ws:// on this machine).`,
  );
}

/** Parses WebSocket addresses, repeated or comma-separated, in the order in which they are tried. */
export const webSocketUrls = (text: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  ...text.split(/,(?=wss?:)/u).map(webSocketUrl),
];

/** Parses connection numbers, repeated. */
export function indices(text: string, previous: readonly number[] = []): readonly number[] {
  const value = Number(text);
  if (!/^\d+$/u.test(text) || !Number.isSafeInteger(value))
    throw new InvalidArgumentError(`"${text}" is not an integer of at least 0.`);
  return [...previous, value];
}

/** Parses an address to listen on; a port alone means loopback. */
export function listenAddress(text: string): ListenAddress {
  const address = parseListenAddress(text);
  if (address === undefined)
    throw new InvalidArgumentError(
      `"${text}" is not an address to listen on; write for example 127.0.0.1:8787.`,
    );
  return address;
}

/** Parses a factor above 0, or `max`. */
export function speed(text: string): number | 'max' {
  if (text === 'max') return 'max';
  const value = Number(text.replace(/x$/u, ''));
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError(`"${text}" is not a speed; write for example 10, 0.5 or max.`);
  return value;
}

/** Parses frame positions, repeated: `INDEX` of connection 0, or `CONNECTION:INDEX`. */
export function frameRefs(
  text: string,
  previous: readonly { readonly connection: number; readonly index: number }[] = [],
): readonly { readonly connection: number; readonly index: number }[] {
  const [, connection = '0', index] = /^(?:(\d{1,9}):)?(\d{1,15})$/u.exec(text) ?? [];
  if (index === undefined)
    throw new InvalidArgumentError(`"${text}" is not a frame; write for example 17 or 2:17.`);
  return [...previous, { connection: Number(connection), index: Number(index) }];
}

/** Parses names, repeated or comma-separated. */
export const names = (text: string, previous: readonly string[] = []): readonly string[] => [
  ...previous,
  ...text.split(','),
];

/** Parses host names without a port, repeated or comma-separated. */
export function hostNames(text: string, previous: readonly string[] = []): readonly string[] {
  const hosts = text.split(',');
  const wrong = hosts.find((host) => !/^[\w.-]{1,253}$/u.test(host));
  if (wrong !== undefined)
    throw new InvalidArgumentError(`"${wrong}" is not a host name; write for example recorder.internal.`);
  return [...previous, ...hosts];
}
