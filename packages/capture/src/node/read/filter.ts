import { CaptureError } from '../../format/error.ts';
import type { CaptureRecord } from '../../format/records.ts';
import { parseTimestamp } from '../../format/timestamp.ts';
import type { CapturedFrame } from './frame-view.ts';

/** Reads channel and products of a frame, as `peek` of `@feedtape/protocol` does. */
export type Classify = (bytes: Uint8Array) => {
  readonly channel?: string | undefined;
  readonly productId?: string | undefined;
  /** The other products that it is about, where there are more than one. */
  readonly otherProductIds?: readonly string[] | undefined;
};

/** Selects frames: all conditions given must hold. */
export interface FrameFilter {
  /** Connections by their number in the run, from 0. @default all */
  readonly connection?: number | readonly number[];
  /** First instant, included: RFC 3339 in UTC, or a `Date`. @default the beginning */
  readonly from?: string | Date;
  /** End, excluded: RFC 3339 in UTC, or a `Date`. @default the end */
  readonly to?: string | Date;
  /** Channels by the name in the frame (`l2_data`); needs `classify`. @default all */
  readonly channel?: string | readonly string[];
  /** Products by id (`BTC-USD`); needs `classify`. @default all */
  readonly product?: string | readonly string[];
  /** Reads channel and products of a frame. No default: a capture knows no protocol. */
  readonly classify?: Classify;
  /** Further condition on a frame. @default every frame passes */
  readonly where?: (frame: CapturedFrame) => boolean;
}

/** A filter made ready: times as the capture writes them, and one question per frame. */
export interface FrameTest {
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** `undefined` when every frame passes. */
  readonly accepts: ((frame: CapturedFrame) => boolean) | undefined;
  /** For everything else that a capture holds: only time and connection are looked at. */
  readonly acceptsOther: (record: CaptureRecord) => boolean;
}

export function frameTest(filter: FrameFilter): FrameTest {
  const from = timeOption('from', filter.from);
  const to = timeOption('to', filter.to);
  const tests: ((frame: CapturedFrame) => boolean)[] = [];
  const connections = setOf(filter.connection);
  if (connections !== undefined) tests.push(({ connection }) => connections.has(connection));
  if (from !== undefined) tests.push(({ at }) => at >= from);
  if (to !== undefined) tests.push(({ at }) => at < to);
  const says = saysTest(filter);
  if (says !== undefined) tests.push(says);
  if (filter.where !== undefined) tests.push(filter.where);
  const accepts =
    tests.length === 0 ? undefined : (frame: CapturedFrame) => tests.every((test) => test(frame));
  return { from, to, accepts, acceptsOther: (record) => isWithin(record, { from, to, connections }) };
}

/** A record without a time or a connection of its own is about all of them. */
function isWithin(
  record: CaptureRecord,
  {
    from,
    to,
    connections,
  }: Pick<FrameTest, 'from' | 'to'> & { readonly connections: ReadonlySet<number> | undefined },
): boolean {
  if (record.kind === 'header' || !('at' in record)) return true;
  if ((from !== undefined && record.at < from) || (to !== undefined && record.at >= to)) return false;
  if (!('connection' in record) || record.connection === null) return true;
  return connections?.has(record.connection) ?? true;
}

function saysTest({
  channel,
  product,
  classify,
}: FrameFilter): ((frame: CapturedFrame) => boolean) | undefined {
  const channels = setOf(channel);
  const products = setOf(product);
  if (channels === undefined && products === undefined) return undefined;
  if (classify === undefined) {
    throw new CaptureError('CAPTURE_OPTION', {
      option: channels === undefined ? 'product' : 'channel',
      reason:
        'a capture does not know what its frames say: give `classify`, such as peek of @feedtape/protocol',
    });
  }
  return ({ bytes }) => {
    const says = classify(bytes);
    if (channels !== undefined && (says.channel === undefined || !channels.has(says.channel))) return false;
    if (products === undefined) return true;
    if (says.productId !== undefined && products.has(says.productId)) return true;
    return says.otherProductIds !== undefined && says.otherProductIds.some((id) => products.has(id));
  };
}

function setOf<T extends string | number>(value: T | readonly T[] | undefined): ReadonlySet<T> | undefined {
  if (value === undefined) return undefined;
  return new Set(typeof value === 'object' ? value : [value]);
}

/** An instant as the capture writes it, so that order as strings is order in time. */
export function timeOption(option: string, value: string | Date | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = typeof value === 'string' ? value : Number.isNaN(value.getTime()) ? '' : value.toISOString();
  const [, second = '', fraction = ''] = /^(.{19})(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const instant = `${second}.${fraction.padEnd(9, '0')}Z`;
  if (parseTimestamp(instant) !== undefined) return instant;
  throw new CaptureError('CAPTURE_OPTION', {
    option,
    reason: `not RFC 3339 in UTC: ${JSON.stringify(text)}`,
  });
}
