import type { CapturedFrame } from '@feedtape/capture/node';
import { isPrivate, type RequestChannel, wireName } from '../market/channels.ts';
import { splitAtEvents, takeApart } from './frame-parts.ts';

/** The channels and products of a capture, and so what can be subscribed when it is served. */
export interface CaptureIndex {
  /** Adds one frame of the capture; returns whether it is private. */
  add(frame: Pick<CapturedFrame, 'bytes' | 'binary'>): boolean;
  has(channel: RequestChannel, product: string): boolean;
  /** Whether the capture has frames of a channel without products. */
  serves(channel: RequestChannel): boolean;
  /** Whether a subscription to it begins with a snapshot. */
  opensWithSnapshot(channel: RequestChannel, product: string): boolean;
  /** That of the first frame. */
  readonly timestamp: () => string | undefined;
  /** Account ids, which acknowledgements of private channels list in place of products. */
  readonly ids: ReadonlyMap<RequestChannel, string>;
}

/** The id of private channels whose acknowledgement was not recorded. */
const NO_ACCOUNT = '00000000-0000-0000-0000-000000000000';
const PRIVATE: readonly RequestChannel[] = ['user', 'futures_balance_summary'];

export function createCaptureIndex(): CaptureIndex {
  const products = new Set<string>();
  const channels = new Set<string>();
  const snapshots = new Set<string>();
  const ids = new Map<RequestChannel, string>(PRIVATE.map((channel) => [channel, NO_ACCOUNT]));

  /** An acknowledged product counts as present, even without frames of its own. */
  const addAcknowledged = (tail: string): void => {
    for (const [channel, listed] of acknowledged(tail)) {
      const name = channel as RequestChannel;
      channels.add(wireName(name));
      if (isPrivate(name)) ids.set(name, listed[0] ?? NO_ACCOUNT);
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
      // Not served: see `mayBePrivate`.
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

/** Decodes escaped ASCII characters. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\u00([0-7][\da-f])/giu, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );

/** A channel by its wire name, and its product if it has products. */
export function subject(channel: string, product: string | undefined): string {
  return `${channel} ${product ?? ''}`;
}

/** The lists of all events of an acknowledgement. */
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
