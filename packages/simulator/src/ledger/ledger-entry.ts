/** One frame that was handed to the socket, in sending order. */
export interface SentFrame {
  readonly kind: 'sent';
  /** Index among the generated frames of the connection, from 0. */
  readonly generated: number;
  /** 0 for the first copy, more for duplicates. */
  readonly copy: number;
  /** Its sequence number, which a fault may have made unreadable; undefined for error replies. */
  readonly sequence: number | undefined;
  /** The channel on the wire; undefined for error replies. */
  readonly channel: string | undefined;
  readonly byteLength: number;
  /** CRC-32 of the payload (the polynomial of zip), to identify frames without keeping them. */
  readonly crc32: number;
  readonly binary: boolean;
  /** Whether a fault changed the frame. */
  readonly changed: boolean;
  /** The faults applied to it; `made-up` for frames that only a fault generated. */
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

/** A publication that a fault suppressed before it got a sequence number, so that no gap shows it. */
export interface Withheld {
  readonly kind: 'withheld';
  readonly channel: string;
  readonly product: string;
  readonly fault: string;
  /** The ids of omitted trades; empty for other channels. */
  readonly trades: readonly string[];
}

/** What happened to frames, in order. */
export type LedgerEntry = SentFrame | DroppedFrame | Withheld;

/** A frame without faults: sent once, as generated. */
export interface PlainFrame {
  readonly generated: number;
  readonly sequence: number;
  readonly channel: string;
  readonly byteLength: number;
  readonly crc32: number;
}
