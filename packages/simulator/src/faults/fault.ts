import type { WireChannel } from '../market/publication.ts';

/** What goes wrong with the frame it strikes, after the frame got its number. */
export type FrameFault =
  /** Never sent: a gap. */
  | { readonly kind: 'drop' }
  /** Sent `copies` times more. @default 1 */
  | { readonly kind: 'duplicate'; readonly copies?: number }
  /** Sent after its successor. */
  | { readonly kind: 'swap' }
  /** Sent `ms` later (of the clock); what follows overtakes it. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Only the first `bytes` of it. @default half of it */
  | { readonly kind: 'truncate'; readonly bytes?: number }
  /** One bit of one byte is flipped, so that the text stays ASCII. */
  | { readonly kind: 'corrupt' }
  /** One byte becomes 0xFF, in a text frame. */
  | { readonly kind: 'invalid-utf8' }
  /** The same bytes as a binary frame. */
  | { readonly kind: 'binary' }
  /** Its bytes leave one by one, so many a second; everything behind it waits. @default 1_000 */
  | { readonly kind: 'drip'; readonly bytesPerSecond?: number };

/** What goes wrong with what a frame says, before it gets its number: no gap gives it away. */
export type ContentFault =
  /** A frame of a channel nobody knows goes before it, with a number of its own. */
  | { readonly kind: 'unknown-channel' }
  /** The envelope's event gets a field nobody knows. */
  | { readonly kind: 'unknown-fields' }
  /** A frame of `bytes` bytes goes before it, with a number of its own. @default 16 MiB */
  | { readonly kind: 'huge'; readonly bytes?: number }
  /** The connection counts from 0 again, beginning with it. */
  | { readonly kind: 'sequence-restart' }
  /** An l2_data update gets a bid at twice its price: the book is crossed. */
  | { readonly kind: 'crossed-book' }
  /** A market_trades update loses its oldest `count` trades; the frame too when nothing is left. @default 1 */
  | { readonly kind: 'missing-trades'; readonly count?: number }
  /** The frame's product (of its channel) says nothing for `ms` (of the clock), and what it said is lost. @default for ever */
  | { readonly kind: 'silence'; readonly ms?: number }
  /** An acknowledgement also lists a private channel and a product that were never asked for. */
  | { readonly kind: 'foreign-subscription' }
  /**
   * An error reply goes before it that answers nothing. `numbered`: with a sequence number, as no other error reply.
   * @default message "authentication failure", numbered false
   */
  | { readonly kind: 'stray-error'; readonly message?: string; readonly numbered?: boolean };

/**
 * What goes wrong with a request that would be granted. A rule's `channel` (the name on the wire) and `product` are those
 * of the request. A replayed capture knows only the last.
 */
export type RequestFault =
  /** Acknowledged with the set as it is, and not carried out. */
  | { readonly kind: 'ignored-request' }
  /** Acknowledged as if it were carried out, and not carried out. */
  | { readonly kind: 'pretended-request' }
  /** Answered with an error reply. @default message "failure to subscribe" */
  | { readonly kind: 'refused-request'; readonly message?: string };

/** What goes wrong with the connection, right after the frame it strikes; at once when injected. */
export type ConnectionFault =
  /**
   * Closed by handshake. `withData`: the close frame leaves in one write with the frame it strikes, so that one
   * read brings both; otherwise alone, 50 ms later. @default code 1001, withData false
   */
  | {
      readonly kind: 'close';
      readonly code?: number;
      readonly reason?: string;
      readonly withData?: boolean;
    }
  /** The socket ends without a closing handshake: 1006 at the client. */
  | { readonly kind: 'terminate' }
  /** TCP reset. */
  | { readonly kind: 'reset' }
  /** The exchange stops reading and writing and keeps the socket: nothing is answered, no ping either. */
  | { readonly kind: 'half-open' };

/** What goes wrong before there is a connection. */
export type HandshakeFault =
  /** An HTTP answer instead of the upgrade. */
  | {
      readonly kind: 'handshake';
      readonly status: 302 | 400 | 401 | 403 | 404 | 429 | 500 | 503;
      readonly retryAfterSeconds?: number;
    }
  /** The handshake is never answered. */
  | { readonly kind: 'handshake-silence' }
  /** Closed right after the upgrade, in one write with it. @default code 1001 */
  | { readonly kind: 'close-on-accept'; readonly code?: number; readonly reason?: string }
  /** The `Date` header of the answer is off by `ms`. */
  | { readonly kind: 'clock-skew'; readonly ms: number };

export type Fault = FrameFault | ContentFault | RequestFault | ConnectionFault | HandshakeFault;

/** A fault and when it strikes: all conditions that are given must hold. */
export interface FaultRule {
  readonly fault: Fault;
  /** Only on this connection; for handshake faults only at this attempt, both counted from 0. @default every one */
  readonly connection?: number;
  /** Only frames of this channel (the name on the wire). */
  readonly channel?: WireChannel;
  /** Only frames of this product. */
  readonly product?: string;
  /** Only from this frame of the connection on, counted from 0. */
  readonly fromFrame?: number;
  /** Only when the connection is this old, in milliseconds of the clock. */
  readonly afterMs?: number;
  /** Only every so manieth of the frames that match. */
  readonly every?: number;
  /** Only with this probability, drawn from the exchange's seed. */
  readonly chance?: number;
  /** At most so often on each connection (for handshake faults: in all). @default 1, without limit where `every` or `chance` is given */
  readonly times?: number;
}

export type FaultKind = Fault['kind'];

/** Where in the life of a frame or a connection each fault strikes. */
const STAGES: { readonly [Kind in FaultKind]: 'frame' | 'content' | 'request' | 'connection' | 'handshake' } =
  {
    drop: 'frame',
    duplicate: 'frame',
    swap: 'frame',
    delay: 'frame',
    truncate: 'frame',
    corrupt: 'frame',
    'invalid-utf8': 'frame',
    binary: 'frame',
    drip: 'frame',
    'unknown-channel': 'content',
    'unknown-fields': 'content',
    huge: 'content',
    'sequence-restart': 'content',
    'crossed-book': 'content',
    'missing-trades': 'content',
    silence: 'content',
    'foreign-subscription': 'content',
    'stray-error': 'content',
    'ignored-request': 'request',
    'pretended-request': 'request',
    'refused-request': 'request',
    close: 'connection',
    terminate: 'connection',
    reset: 'connection',
    'half-open': 'connection',
    handshake: 'handshake',
    'handshake-silence': 'handshake',
    'close-on-accept': 'handshake',
    'clock-skew': 'handshake',
  };

export function isFrameFault(fault: Fault): fault is FrameFault {
  return STAGES[fault.kind] === 'frame';
}

export function isContentFault(fault: Fault): fault is ContentFault {
  return STAGES[fault.kind] === 'content';
}

export function isRequestFault(fault: Fault): fault is RequestFault {
  return STAGES[fault.kind] === 'request';
}

export function isConnectionFault(fault: Fault): fault is ConnectionFault {
  return STAGES[fault.kind] === 'connection';
}

export function isHandshakeFault(fault: Fault): fault is HandshakeFault {
  return STAGES[fault.kind] === 'handshake';
}
