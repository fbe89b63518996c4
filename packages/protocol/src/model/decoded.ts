import type { FrameHeader } from './header.ts';
import type { ErrorMessage } from '../messages/error.ts';
import type { Message } from './message.ts';

/**
 * A message that its type describes. `channel` repeats the message's and narrows it. Where single values or items of
 * the frame did not fit the schema, they are left out of the message and named in `oddities`.
 */
export type DecodedMessage = {
  readonly [Channel in Message['channel']]: {
    readonly kind: 'message';
    readonly channel: Channel;
    readonly sequence: number;
    readonly message: Extract<Message, { readonly channel: Channel }>;
    /** What was left out, the first hundred; absent where nothing was. Never of `l2_data`: a book is whole or wrong. */
    readonly oddities?: readonly Oddity[];
    /** The header of the frame, where the message does not say all of it any more: see `peekDecoded`. */
    readonly peeked?: FrameHeader;
  };
}[Message['channel']];

/** JSON that is neither an error reply nor a frame of a known channel: perhaps a channel of tomorrow. */
export interface DecodedUnknown {
  readonly kind: 'unknown';
  readonly channel: string | undefined;
  readonly sequence: number | undefined;
  /** What `JSON.parse` gives. Outside data: may nest deeply, may have an own `__proto__` key. */
  readonly value: unknown;
}

/** A refused request. The exchange sends it without a channel and a number; where it has one, it is read. */
export interface DecodedError {
  readonly kind: 'error';
  readonly channel: string | undefined;
  readonly sequence: number | undefined;
  readonly message: ErrorMessage;
}

/** Not JSON, or not UTF-8. */
export interface DecodedMalformed {
  readonly kind: 'malformed';
  /** What stands complete before the error. The exchange has counted the frame, so its number counts. */
  readonly channel: string | undefined;
  readonly sequence: number | undefined;
  /** Where it stops being JSON: in bytes of a frame given as bytes, in UTF-16 units of a text. */
  readonly offset: number;
  readonly reason: string;
  /** The first 64 units, everything but printable ASCII escaped. */
  readonly head: string;
  readonly peeked: FrameHeader;
}

/**
 * A frame of a known channel, or an error reply, whose shape its schema refuses: the envelope, the list of events,
 * what an event is told apart by, or a level of a book.
 */
export interface DecodedInvalid {
  readonly kind: 'invalid';
  readonly channel: string | undefined;
  /** Still there whenever one can be read, so that the frame is counted. */
  readonly sequence: number | undefined;
  /** The first eight. */
  readonly issues: readonly Issue[];
  readonly peeked: FrameHeader;
}

/** One thing a schema refuses. */
export interface Issue {
  /** `events[0].updates[3].price_level` */
  readonly path: string;
  readonly message: string;
  /** What stands there, as JSON of at most 200 characters; absent where nothing does. */
  readonly value?: string;
}

/** A value that the schema refuses and the part of the frame that was left out of the message because of it. */
export interface Oddity extends Issue {
  /** A field, an item of a list, or a list, which the message then has empty: `events[0].orders[2]` */
  readonly omitted: string;
}

/** What a frame turned out to be. */
export type Decoded = DecodedMessage | DecodedUnknown | DecodedError | DecodedMalformed | DecodedInvalid;
