import type { CapturedFrame } from '@feedtape/capture/node';
import { isPrivate, type RequestChannel, wireName } from '../session/channels.ts';
import { splitAtEvents, takeApart } from './frame-parts.ts';

/** What a capture holds, and so what can be had of it: the listings of the exchange that serves it. */
export interface Listings {
  /** Takes one frame of the capture in; returns whether it is private. */
  add(frame: Pick<CapturedFrame, 'bytes' | 'binary'>): boolean;
  has(channel: RequestChannel, product: string): boolean;
  /** Whether there is anything of a channel that has no products. */
  serves(channel: RequestChannel): boolean;
  /** Whether a subscription to it begins with a snapshot. */
  opensWithSnapshot(channel: RequestChannel, product: string): boolean;
  /** What the first frame shows. */
  readonly timestamp: () => string | undefined;
  /** What acknowledgements show for a private channel, in place of products. */
  readonly ids: ReadonlyMap<RequestChannel, string>;
}

/** Private channels whose recorded acknowledgement is missing: an id that nobody has. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
const PRIVATE: readonly RequestChannel[] = ['user', 'futures_balance_summary'];

export function createListings(): Listings {
  const products = new Set<string>();
  const channels = new Set<string>();
  const snapshots = new Set<string>();
  const ids = new Map<RequestChannel, string>(PRIVATE.map((channel) => [channel, NOBODY]));

  /** What was acknowledged was there, though it may never have said anything. */
  const addAcknowledged = (tail: string): void => {
    for (const [channel, listed] of acknowledged(tail)) {
      const name = channel as RequestChannel;
      channels.add(wireName(name));
      if (isPrivate(name)) ids.set(name, listed[0] ?? NOBODY);
      else for (const product of listed) products.add(subject(wireName(name), product));
    }
  };

  let timestamp: string | undefined;

  return {
    ids,
    timestamp: () => timestamp,
    add(frame) {
      const parts = takeApart(frame);
      timestamp ??= parts.timestamp;
      const { channel, product, isSnapshot, eventsAt } = parts;
      const isPrivateFrame = mayBePrivate(frame.bytes);
      if (channel === undefined || eventsAt === -1) return isPrivateFrame;
      if (channel === 'subscriptions') {
        addAcknowledged(splitAtEvents(frame, parts)?.tail ?? '');
        return isPrivateFrame;
      }
      // Not to be had: see `mayBePrivate`.
      if (isPrivateFrame && !isPrivate(channel as RequestChannel)) return true;
      channels.add(channel);
      products.add(subject(channel, product));
      if (isSnapshot) snapshots.add(subject(channel, product));
      return isPrivateFrame;
    },
    has: (channel, product) => products.has(subject(wireName(channel), product)),
    serves: (channel) => channels.has(wireName(channel)),
    opensWithSnapshot: (channel, product) => snapshots.has(subject(wireName(channel), product)),
  };
}

const PRIVATE_NAMES = PRIVATE.map((channel) => `"${channel}"`);

/**
 * Whether a frame names a private channel anywhere, in any spelling of JSON. Readers differ in which of two equal keys
 * they believe: what one of them could read as private counts as private.
 */
export function mayBePrivate({ buffer, byteOffset, length }: Uint8Array): boolean {
  const bytes = Buffer.from(buffer, byteOffset, length);
  const text = bytes.includes(String.raw`\u`) ? unescaped(bytes.toString('latin1')) : bytes;
  return PRIVATE_NAMES.some((name) => text.includes(name));
}

/** With its escaped ASCII characters as they are meant. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\u00([0-7][\da-f])/giu, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );

/** A channel as it is called on the wire, and its product where it has some. */
export function subject(channel: string, product: string | undefined): string {
  return `${channel} ${product ?? ''}`;
}

/** What all events of an acknowledgement list. */
function acknowledged(tail: string): readonly (readonly [string, readonly string[]])[] {
  try {
    const { events } = JSON.parse(`{${tail.slice(1)}`) as {
      events: readonly { subscriptions?: Readonly<Record<string, readonly string[]>> }[];
    };
    return events.flatMap(({ subscriptions = {} }) => Object.entries(subscriptions));
  } catch {
    return [];
  }
}
