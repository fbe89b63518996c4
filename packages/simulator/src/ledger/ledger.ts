import { crc32 } from 'node:zlib';
import type { DroppedFrame, LedgerEntry, SentFrame, Withheld } from './ledger-entry.ts';
import { createFrameLog, type FrameLog } from './frame-log.ts';
import type { Endpoint } from '../market/channels.ts';

// The ground truth to compare a client's claims with. Only the exchange writes it, when it generates a frame and when
// it hands one to the socket.

/** One message of the client. The token is never kept, only its nonce and the result of its check. */
export interface ReceivedMessage {
  /** Milliseconds of the exchange's clock. */
  readonly at: number;
  /** The text with `jwt` replaced by `[redacted]`; for anything but a JSON object, its length. */
  readonly text: string;
  readonly binary: boolean;
  /** The error that replied to it; undefined if it was granted. */
  readonly refusal: string | undefined;
  /** `ok`, or why the token was refused; undefined when there was none. */
  readonly token: string | undefined;
  /** The token's nonce, for telling fresh tokens from reused ones. */
  readonly nonce: string | undefined;
  /** The fault applied to it: refused, or acknowledged without effect. */
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

/** The ledger of one connection. Counts are exact; lists hold the newest entries up to the ledger's limit. */
export interface ConnectionLedger {
  /** Numbered from 0 in the order of their acceptance. */
  readonly connection: number;
  readonly endpoint: Endpoint;
  /** Milliseconds of the exchange's clock. */
  readonly openedAt: number;
  readonly end: ConnectionEnd | undefined;
  /** Generated frames, numbered ones and error replies. After the end: sent = generated - dropped + duplicated. */
  readonly generated: number;
  readonly sent: number;
  readonly dropped: number;
  /** Copies beyond the first. */
  readonly duplicated: number;
  /** First copies that a fault changed. */
  readonly changed: number;
  /** Publications suppressed without a gap. */
  readonly withheld: number;
  readonly bytes: number;
  /** Entries evicted from {@link frames}. */
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

/** Everything that the exchange sent and received, per connection. Safe to read at any time. */
export interface Ledger {
  readonly connections: readonly ConnectionLedger[];
  /** The first 10,000. */
  readonly refused: readonly RefusedHandshake[];
}

/** Limits of a ledger: numbers of at least 0; `Infinity` disables one. */
export interface LedgerLimits {
  /** Frame entries per connection; the oldest are evicted first. @default 100_000 */
  readonly frames: number;
  /** Messages per connection; later ones are only counted. @default 10_000 */
  readonly messages: number;
  /** Connections with entries and messages; older ones keep only their counts. @default 1_000 */
  readonly connections: number;
  /** Whether payloads are kept. @default false */
  readonly bytes: boolean;
}

/** Write access to one connection's ledger. */
export interface LedgerPage extends ConnectionLedger {
  recordGenerated(): number;
  /** Records a frame without faults, which is almost every one. */
  recordPlain(bytes: Uint8Array, sequence: number, channel: string): void;
  recordSent(bytes: Uint8Array, about: Omit<SentFrame, 'kind' | 'byteLength' | 'crc32' | 'bytes'>): void;
  recordDropped(frame: Omit<DroppedFrame, 'kind'>): void;
  recordWithheld(what: Omit<Withheld, 'kind'>): void;
  recordReceived(message: ReceivedMessage): void;
  recordEnd(end: ConnectionEnd): void;
  /** Discards everything but the counts. */
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
      // The link reuses these bytes.
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
