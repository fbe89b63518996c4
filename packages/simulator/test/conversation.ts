import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import {
  createMemoryExchange,
  createVirtualClock,
  type ExchangeKey,
  type MemoryExchange,
  type MemoryOptions,
  type VirtualClock,
} from '@feedtape/simulator';

/** A frame, parsed without any help of this project. */
export interface ParsedFrame {
  readonly type?: string;
  readonly message?: string;
  readonly channel?: string;
  readonly client_id?: string;
  readonly timestamp?: string;
  readonly sequence_num?: number;
  readonly events?: readonly Readonly<Record<string, unknown>>[];
}

/** One connection in simulated time. */
export interface Conversation {
  readonly clock: VirtualClock;
  readonly exchange: MemoryExchange;
  readonly frames: readonly ParsedFrame[];
  readonly texts: readonly string[];
  readonly closed: () => number | undefined;
  /** Sends a message and lets `ms` pass; returns the frames that came meanwhile. */
  readonly say: (message: unknown, ms?: number) => Promise<readonly ParsedFrame[]>;
}

export async function converse({
  user = false,
  ...options
}: Partial<MemoryOptions> & { readonly user?: boolean } = {}): Promise<Conversation> {
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({
    seed: 9,
    products: ['BTC-USD', 'ETH-USD'],
    depth: 40,
    clock,
    ...options,
  });
  const texts: string[] = [];
  const frames: ParsedFrame[] = [];
  let closed: number | undefined;
  const socket = exchange.transport.open(
    user ? exchange.userUrl : exchange.url,
    {},
    {
      onOpen() {},
      onError() {},
      onFrame(bytes) {
        const text = Buffer.from(bytes).toString();
        texts.push(text);
        frames.push(JSON.parse(text) as ParsedFrame);
      },
      onClose(code) {
        closed = code;
      },
    },
  );
  await clock.advance(0);
  return {
    clock,
    exchange,
    frames,
    texts,
    closed: () => closed,
    async say(message, ms = 1_000) {
      const before = frames.length;
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
      await clock.advance(ms);
      return frames.slice(before);
    },
  };
}

export interface TokenChanges {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signs with this key instead. */
  readonly signer?: ExchangeKey;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as the documentation describes it, made by hand; `now` in milliseconds since 1970. */
export function makeToken(
  key: ExchangeKey,
  now: number,
  { header, claims, signer }: TokenChanges = {},
): string {
  const seconds = Math.floor(now / 1000);
  const head = { alg: key.algorithm, typ: 'JWT', kid: key.name, nonce: randomUUID(), ...header };
  const body = { iss: 'cdp', sub: key.name, nbf: seconds, exp: seconds + 120, ...claims };
  const signed = `${encode(head)}.${encode(body)}`;
  const { privateKeyPem, algorithm } = signer ?? key;
  const privateKey = createPrivateKey(privateKeyPem);
  const signature =
    algorithm === 'ES256'
      ? sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' })
      : sign(null, Buffer.from(signed), privateKey);
  return `${signed}.${signature.toString('base64url')}`;
}

export const channelsOf = (frames: readonly ParsedFrame[]): (string | undefined)[] =>
  frames.map(({ channel, type }) => channel ?? type);

/** The list that a frame's event holds under `field`; empty when it holds none. */
export function listOf(frame: ParsedFrame | undefined, field: string): readonly Record<string, string>[] {
  return (frame?.events?.[0]?.[field] ?? []) as readonly Record<string, string>[];
}

/** What the newest acknowledgement among `frames` lists. */
export function acknowledged(frames: readonly ParsedFrame[]): unknown {
  return frames.findLast(({ channel }) => channel === 'subscriptions')?.events?.[0]?.['subscriptions'];
}
