import { decode, type Decoded, type Peeked, type Request, type Subscription } from '@feedtape/protocol';
import type { SequenceRange, Verdict } from '@feedtape/sequencer';
import type { Instant } from './clock.ts';
import { redactedChannel } from './redaction.ts';
import type { SentSecrets } from './sent-secrets.ts';

/** Where an item comes from. */
export interface Origin {
  /** The number of the connection, from 0 in the life of a feed. Every socket has its own. */
  readonly connection: number;
  /** 0, or with `redundancy: 2` also 1: which of the two independent feeds this connection belongs to. */
  readonly line: number;
}

interface ItemBase extends Origin {
  /** When, on the feed's clock: by default `performance.now()` milliseconds. */
  readonly at: Instant;
}

/** A socket is open. */
export interface ConnectedItem extends ItemBase {
  readonly kind: 'connected';
  readonly url: string;
  /** The server's `Date`, to judge one's own clock by. */
  readonly serverDate?: string;
}

/** A request as it was sent, its token replaced by `[redacted]`. */
export interface SentItem extends ItemBase {
  readonly kind: 'sent';
  readonly request: Request;
}

/** The exchange listed what this connection is subscribed to. */
export interface SubscribedItem extends ItemBase {
  readonly kind: 'subscribed';
  /** The complete set now, by request channel; the account's own ids are `[redacted]`. */
  readonly subscriptions: Readonly<Record<string, readonly string[]>>;
  /** Requested on this connection and not in the set: most likely unknown or delisted products. */
  readonly missing: readonly Subscription[];
  /** Requested name → name it is served under, such as `BTC-USDC` → `BTC-USD`. */
  readonly aliases: Readonly<Record<string, string>>;
}

/** One message as received. */
export interface FrameItem extends Origin {
  readonly kind: 'frame';
  /** Counts the frames of a connection from 0 without holes, whatever their sequence numbers are. */
  readonly index: number;
  /** When the frame was handed to us, taken before anything else, on the feed's clock. */
  readonly at: Instant;
  /** The untouched bytes. They stay valid. */
  readonly bytes: Uint8Array;
  readonly binary: boolean;
  /** The channel on the wire, known without decoding; absent if that takes decoding. */
  readonly channel?: string;
  /** What a glance at the frame showed, channel and product among it; absent when it had to be decoded instead. */
  readonly peeked?: Peeked;
  /** What the sequence number says; absent for error replies, which have none. */
  readonly verdict?: Verdict;
  /** The typed message. Decoded at the first reading and kept. */
  readonly decoded: Decoded;
  /** Whether the bytes quote a token that was sent, or look as if. Looked for whenever it is read. */
  readonly quotesSecret?: boolean;
}

/** Frames are missing; `count` is `null` if their number is unknown. */
export interface GapItem extends ItemBase {
  readonly kind: 'gap';
  /**
   * `sequence`: the numbers jumped. `disconnect`: what was sent while there was no connection. `backpressure`:
   * the consumer was too slow. `restart`: the exchange began to count anew.
   */
  readonly reason: 'sequence' | 'disconnect' | 'backpressure' | 'restart';
  readonly missing?: SequenceRange;
  readonly count: number | null;
}

/** The level2 books of these products are not to be trusted from here on. */
export interface StaleItem extends ItemBase {
  readonly kind: 'stale';
  readonly productIds: readonly string[];
  /**
   * `silence` ends with the next frame; every other reason needs a snapshot. `refresh`: a snapshot was requested by
   * the user, or because the product stalled on a live connection.
   */
  readonly reason: 'gap' | 'silence' | 'disconnect' | 'backpressure' | 'restart' | 'refresh' | 'unsubscribed';
}

/** The books of these products are right again, from the frame before this item on. */
export interface RecoveredItem extends ItemBase {
  readonly kind: 'recovered';
  readonly productIds: readonly string[];
}

/** A socket ended or could not be opened. */
export interface DisconnectedItem extends ItemBase {
  readonly kind: 'disconnected';
  readonly reason: string;
  /** The WebSocket close code, 1006 when there was none. Every local failure is 1006: see `errorCode`. */
  readonly code: number;
  readonly errorCode?: string;
  /** Absent: this connection is not replaced. */
  readonly retryInMs?: number;
}

/** The exchange refused a request. */
export interface RejectedItem extends ItemBase {
  readonly kind: 'rejected';
  readonly message: string;
  /** The request under way, which it most likely answers. */
  readonly likely: Request | undefined;
}

/** Every item of a feed. */
export type FeedItem =
  | ConnectedItem
  | SentItem
  | SubscribedItem
  | FrameItem
  | GapItem
  | StaleItem
  | RecoveredItem
  | DisconnectedItem
  | RejectedItem;

/** Shared by frames of one kind: whether their consumer decodes them, and the secrets to hide in their text. */
export interface FrameReader {
  decodes: boolean;
  readonly secrets: SentSecrets;
}

/** A frame in the feed. Decodes at the first access, unless it was decoded before. */
export class ReceivedFrame implements FrameItem {
  readonly kind = 'frame';
  readonly connection: number;
  readonly line: number;
  readonly index: number;
  readonly at: Instant;
  readonly bytes: Uint8Array;
  readonly binary: boolean;
  declare channel?: string;
  declare peeked?: Peeked;
  declare verdict?: Verdict;
  #decoded: Decoded | undefined;
  #reader: FrameReader | undefined;

  constructor({ connection, line }: Origin, index: number, at: Instant, bytes: Uint8Array, binary: boolean) {
    this.connection = connection;
    this.line = line;
    this.index = index;
    this.at = at;
    this.bytes = bytes;
    this.binary = binary;
  }

  /** Sets what is known without decoding, and the reader to notify of decoding. */
  setVerdict(
    channel: string | undefined,
    verdict: Verdict | undefined,
    decoded: Decoded | undefined,
    reader: FrameReader,
  ): void {
    if (channel !== undefined) this.channel = redactedChannel(channel, reader.secrets);
    if (verdict !== undefined) this.verdict = verdict;
    this.#decoded = decoded;
    this.#reader = reader;
  }

  get quotesSecret(): boolean {
    return this.#reader?.secrets.quotedIn(this.bytes) === true;
  }

  get decoded(): Decoded {
    if (this.#reader !== undefined) this.#reader.decodes = true;
    return (this.#decoded ??= decode(this.bytes));
  }
}

/** Whether a frame comes after all that came before it: what is late or repeated would take a book back in time. */
export const isInOrder = ({ verdict }: FrameItem): boolean =>
  verdict?.kind === 'next' || verdict?.kind === 'first' || verdict?.kind === 'gap';

/** What an item weighs in a queue: the bytes of a frame, about the memory of anything else. */
export function weightOf(item: FeedItem): number {
  return item.kind === 'frame' ? item.bytes.byteLength : weigh(item);
}

const OBJECT_BYTES = 32;

function weigh(value: unknown): number {
  if (typeof value === 'string') return OBJECT_BYTES + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let sum = OBJECT_BYTES;
  for (const member of Object.values(value)) sum += weigh(member);
  return sum;
}
