import type { ErrorMessage } from './messages/error.ts';
import type { Message } from './message.ts';

/** A valid message. `channel` repeats the message's and narrows it. */
export type DecodedMessage = {
  readonly [Channel in Message['channel']]: {
    readonly kind: 'message';
    readonly channel: Channel;
    readonly sequence: number;
    readonly message: Extract<Message, { readonly channel: Channel }>;
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

/** A refused request. */
export interface DecodedError {
  readonly kind: 'error';
  readonly message: ErrorMessage;
}

/** Not JSON, or not UTF-8. */
export interface DecodedMalformed {
  readonly kind: 'malformed';
  /** Where it stops being JSON: in bytes of a frame given as bytes, in UTF-16 units of a text. */
  readonly offset: number;
  readonly reason: string;
  /** The first 64 units, everything but printable ASCII escaped. */
  readonly head: string;
}

/** A frame of a known channel, or an error reply, that its schema refuses. */
export interface DecodedInvalid {
  readonly kind: 'invalid';
  readonly channel: string | undefined;
  /** Still there whenever one can be read, so that the frame is counted. */
  readonly sequence: number | undefined;
  /** The first eight. */
  readonly issues: readonly Issue[];
}

/** One thing a schema refuses. */
export interface Issue {
  /** `events[0].updates[3].price_level` */
  readonly path: string;
  readonly message: string;
}

/** What a frame turned out to be. */
export type Decoded = DecodedMessage | DecodedUnknown | DecodedError | DecodedMalformed | DecodedInvalid;
