import type { FrameHeader } from './header.ts';
import type { ErrorMessage } from '../messages/error.ts';
import type { Message } from './message.ts';

/**
 * A message that conforms to its type; `channel` narrows it. Single values or items that the schema rejects are omitted
 * and named in `oddities`.
 */
export type DecodedMessage = {
  readonly [Channel in Message['channel']]: {
    readonly kind: 'message';
    readonly channel: Channel;
    readonly sequence: number;
    readonly message: Extract<Message, { readonly channel: Channel }>;
    /** The first hundred omissions; absent if there are none. Never on `l2_data`: a partial book would be wrong. */
    readonly oddities?: readonly Oddity[];
    /** The header of the frame, if omissions have removed part of it: see `peekDecoded`. */
    readonly peeked?: FrameHeader;
  };
}[Message['channel']];

/** JSON that is neither an error reply nor a frame of a known channel, such as one of a new channel. */
export interface DecodedUnknown {
  readonly kind: 'unknown';
  readonly channel: string | undefined;
  readonly sequence: number | undefined;
  /** The result of `JSON.parse`. External data: may nest deeply, may have an own `__proto__` key. */
  readonly value: unknown;
}

/** A refused request. The exchange sends no channel and no number with it; if present, they are read. */
export interface DecodedError {
  readonly kind: 'error';
  readonly channel: string | undefined;
  readonly sequence: number | undefined;
  readonly message: ErrorMessage;
}

/** Not JSON, or not UTF-8. */
export interface DecodedMalformed {
  readonly kind: 'malformed';
  /** From what is complete before the error. The exchange has counted the frame, so its number counts. */
  readonly channel: string | undefined;
  readonly sequence: number | undefined;
  /** Position of the error: in bytes for a frame given as bytes, in UTF-16 units for a text. */
  readonly offset: number;
  readonly reason: string;
  /** The first 64 bytes or units, with everything but printable ASCII escaped. */
  readonly head: string;
  readonly peeked: FrameHeader;
}

/**
 * A frame of a known channel, or an error reply, whose shape its schema rejects: the envelope, the list of events, the
 * key that distinguishes events, or a level of a book.
 */
export interface DecodedInvalid {
  readonly kind: 'invalid';
  readonly channel: string | undefined;
  /** Present whenever it can be read, so that the frame is counted. */
  readonly sequence: number | undefined;
  /** The first eight. */
  readonly issues: readonly Issue[];
  readonly peeked: FrameHeader;
}

/** One value that a schema rejects. */
export interface Issue {
  /** `events[0].updates[3].price_level` */
  readonly path: string;
  readonly message: string;
  /** The value found, as JSON of at most 200 characters; absent if there is none. */
  readonly value?: string;
}

/** A value that the schema rejects, and the part of the frame omitted because of it. */
export interface Oddity extends Issue {
  /** A field, an item of a list, or a list, which is then empty in the message: `events[0].orders[2]` */
  readonly omitted: string;
}

/** The result of decoding a frame. */
export type Decoded = DecodedMessage | DecodedUnknown | DecodedError | DecodedMalformed | DecodedInvalid;
