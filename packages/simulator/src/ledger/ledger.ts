import { crc32 } from 'node:zlib';
import { createFrameLog, type FrameLog } from './frame-log.ts';
import type { Endpoint } from '../session/channels.ts';

// The truth to hold a client's claims against. It is written by the exchange alone, where frames are made and
// where they are handed to the socket.

/** One frame that was handed to the socket, in the order in which that happened. */
export interface SentFrame {
  readonly kind: 'sent';
  /** Which generated frame of the connection it is, from 0. */
  readonly generated: number;
  /** 0 for the first copy, more for duplicates. */
  readonly copy: number;
  /** The number it was given; error replies have none. A fault may have made it unreadable. */
  readonly sequence: number | undefined;
  /** The channel on the wire; undefined for error replies. */
  readonly channel: string | undefined;
  readonly byteLength: number;
  /** CRC-32 of the payload (the polynomial of zip), for telling frames apart without keeping them. */
  readonly crc32: number;
  readonly binary: boolean;
  /** Whether a fault changed what it says or how. */
  readonly changed: boolean;
  /** Which faults touched it; `made-up` for frames that only a fault brought about. */
  readonly faults: readonly string[];
  /** The payload, when the exchange was asked to keep it. */
  readonly bytes?: Uint8Array;
}

/** One generated frame that a fault kept from the socket. */
export interface DroppedFrame {
  readonly kind: 'dropped';
  readonly generated: number;
  readonly sequence: number | undefined;
  readonly channel: string | undefined;
  readonly fault: string;
}

/** Something that a fault left unsaid before it got a number: no gap shows it. */
export interface Withheld {
  readonly kind: 'withheld';
  readonly channel: string;
  readonly product: string;
  readonly fault: string;
  /** The ids of the trades that were left out, where it is about trades. */
  readonly trades: readonly string[];
}

/** What happened to frames, in the order in which it happened. */
export type LedgerEntry = SentFrame | DroppedFrame | Withheld;

/** One message of the client. The token is never kept, only what it said and how it was judged. */
export interface ReceivedMessage {
  /** Milliseconds of the exchange's clock. */
  readonly at: number;
  /** The text with `jwt` replaced by `[redacted]`; of what is no JSON object only the length. */
  readonly text: string;
  readonly binary: boolean;
  /** The error text that answered it; undefined when it was granted. */
  readonly refusal: string | undefined;
  /** `ok`, or why the token was refused; undefined when there was none. */
  readonly token: string | undefined;
  /** The token's nonce, for telling fresh tokens from reused ones. */
  readonly nonce: string | undefined;
  /** The fault that struck it: it was refused, or acknowledged and not carried out. */
  readonly fault?: string;
}

/** Who ended a connection, and how. */
export interface ConnectionEnd {
  readonly by: 'client' | 'exchange';
  readonly why: string;
  readonly code: number;
  /** Milliseconds of the exchange's clock. */
  readonly at: number;
}

/** What is known of one connection. Counts are exact; lists hold the newest entries up to the ledger's limit. */
export interface ConnectionLedger {
  /** Numbered from 0 in the order of their acceptance. */
  readonly connection: number;
  readonly endpoint: Endpoint;
  /** Milliseconds of the exchange's clock. */
  readonly openedAt: number;
  readonly end: ConnectionEnd | undefined;
  /** Frames made: numbered ones and error replies. Once it ended: sent = generated - dropped + duplicated. */
  readonly generated: number;
  readonly sent: number;
  readonly dropped: number;
  /** Copies beyond the first. */
  readonly duplicated: number;
  /** First copies that a fault changed. */
  readonly changed: number;
  /** Times that something was left unsaid without a gap. */
  readonly withheld: number;
  readonly bytes: number;
  /** Entries that no longer fit into {@link frames}. */
  readonly forgotten: number;
  readonly frames: readonly LedgerEntry[];
  /** Messages of the client, also those that no longer fit into {@link received}. */
  readonly messages: number;
  readonly received: readonly ReceivedMessage[];
}

/** A connection attempt that never became a connection. */
export interface RefusedHandshake {
  /** Milliseconds of the exchange's clock. */
  readonly at: number;
  readonly status: number;
  readonly why: string;
}

/** Everything the exchange did and heard, per connection. Reading never disturbs writing. */
export interface Ledger {
  readonly connections: readonly ConnectionLedger[];
  /** The first 10,000. */
  readonly refused: readonly RefusedHandshake[];
}

/** How much a ledger keeps. */
export interface LedgerLimits {
  /** Entries a connection keeps of its frames; the oldest are forgotten first. @default 100_000 */
  readonly frames: number;
  /** Messages a connection keeps: the first so many. @default 10_000 */
  readonly messages: number;
  /** Connections that keep their entries and messages; of older ones only counts remain. @default 1_000 */
  readonly connections: number;
  /** Whether payloads are kept too. @default false */
  readonly bytes: boolean;
}

/** The pen of one connection. */
export interface LedgerPage extends ConnectionLedger {
  recordGenerated(): number;
  /** A frame made and sent as it should be: almost every one. */
  recordPlain(bytes: Uint8Array, sequence: number, channel: string): void;
  recordSent(bytes: Uint8Array, about: Omit<SentFrame, 'kind' | 'byteLength' | 'crc32' | 'bytes'>): void;
  recordDropped(frame: Omit<DroppedFrame, 'kind'>): void;
  recordWithheld(what: Omit<Withheld, 'kind'>): void;
  recordReceived(message: ReceivedMessage): void;
  recordEnd(end: ConnectionEnd): void;
  /** Keeps only the counts. */
  abridge(): void;
}

export interface WritableLedger extends Ledger {
  open(endpoint: Endpoint, openedAt: number): LedgerPage;
  recordRefused(handshake: RefusedHandshake): void;
}

const MOST_REFUSED = 10_000;

export function createLedger(limits: LedgerLimits): WritableLedger {
  const connections: LedgerPage[] = [];
  const refused: RefusedHandshake[] = [];
  return {
    connections,
    refused,
    open(endpoint, openedAt) {
      const page = new Page({ connection: connections.length, endpoint, openedAt }, limits);
      connections.push(page);
      connections[page.connection - limits.connections]?.abridge();
      return page;
    },
    recordRefused(handshake) {
      if (refused.length < MOST_REFUSED) refused.push(handshake);
    },
  };
}

type Opening = Pick<ConnectionLedger, 'connection' | 'endpoint' | 'openedAt'>;

/** (A class, because every frame is counted here.) */
class Page implements LedgerPage {
  readonly connection: number;
  readonly endpoint: Endpoint;
  readonly openedAt: number;
  end: ConnectionEnd | undefined;
  generated = 0;
  sent = 0;
  dropped = 0;
  duplicated = 0;
  changed = 0;
  withheld = 0;
  bytes = 0;
  messages = 0;
  received: ReceivedMessage[] = [];
  readonly #log: FrameLog;
  readonly #limits: LedgerLimits;

  constructor({ connection, endpoint, openedAt }: Opening, limits: LedgerLimits) {
    this.connection = connection;
    this.endpoint = endpoint;
    this.openedAt = openedAt;
    this.#log = createFrameLog(limits.frames);
    this.#limits = limits;
  }

  get forgotten(): number {
    return this.#log.forgotten();
  }

  get frames(): readonly LedgerEntry[] {
    return this.#log.entries();
  }

  recordGenerated(): number {
    this.generated += 1;
    return this.generated - 1;
  }

  recordPlain(bytes: Uint8Array, sequence: number, channel: string): void {
    const generated = this.recordGenerated();
    if (this.#limits.bytes) {
      const about = { generated, copy: 0, sequence, channel, binary: false, changed: false, faults: [] };
      // The link writes its next frames over these.
      this.recordSent(Uint8Array.from(bytes), about);
      return;
    }
    const byteLength = bytes.length;
    this.sent += 1;
    this.bytes += byteLength;
    const sum = this.#limits.frames === 0 ? 0 : crc32(bytes);
    this.#log.addPlain({ generated, sequence, channel, byteLength, crc32: sum });
  }

  recordSent(bytes: Uint8Array, about: Omit<SentFrame, 'kind' | 'byteLength' | 'crc32' | 'bytes'>): void {
    this.sent += 1;
    this.bytes += bytes.length;
    if (about.copy > 0) this.duplicated += 1;
    else if (about.changed) this.changed += 1;
    const entry = { kind: 'sent' as const, ...about, byteLength: bytes.length, crc32: crc32(bytes) };
    this.#log.add(this.#limits.bytes ? { ...entry, bytes } : entry);
  }

  recordDropped(frame: Omit<DroppedFrame, 'kind'>): void {
    this.dropped += 1;
    this.#log.add({ kind: 'dropped', ...frame });
  }

  recordWithheld(what: Omit<Withheld, 'kind'>): void {
    this.withheld += 1;
    this.#log.add({ kind: 'withheld', ...what });
  }

  recordReceived(message: ReceivedMessage): void {
    this.messages += 1;
    if (this.received.length < this.#limits.messages) this.received.push(message);
  }

  recordEnd(end: ConnectionEnd): void {
    this.end ??= end;
  }

  abridge(): void {
    this.#log.close();
    this.received = [];
  }
}
