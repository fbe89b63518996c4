/**
 * Known limits of the exchange. Documented values come from the Advanced Trade documentation, measured ones from public
 * projects that probed the production feed, with the date.
 */
export const LIMITS: Limits = {
  level2ProductsPerConnection: 30,
  otherProductsPerConnection: 100,
  connectionsPerSecond: 8,
  messagesPerSecond: 8,
  subscribeDeadlineMs: 5_000,
  idleCloseMs: 60_000,
  tokenLifetimeMs: 120_000,
  largestFrameBytes: 16 * 1024 * 1024,
};

/** See {@link LIMITS}; an option that overrides a value takes a number above 0, for products a whole one. */
export interface Limits {
  /**
   * Products with level2 on one connection. Undocumented; measured 2026-09-06: 30 are served, the 31st is
   * refused with "too many L2 streams requested in a single session". Unsubscribing makes room.
   */
  readonly level2ProductsPerConnection: number;
  /** Products of any other channel on one connection: 100 were served (measured 2026), no limit was found. */
  readonly otherProductsPerConnection: number;
  /** New connections per second and IP address. Documented as 8; an older page says 750. */
  readonly connectionsPerSecond: number;
  /** Unauthenticated messages per second and IP address. Documented; no limit is documented for authenticated ones. */
  readonly messagesPerSecond: number;
  /** Milliseconds after which a connection without a subscription is closed. Documented. */
  readonly subscribeDeadlineMs: number;
  /** Milliseconds after which a connection without updates is closed, up to 90 s: subscribe to heartbeats. Documented. */
  readonly idleCloseMs: number;
  /** Milliseconds that a token is valid, checked when a request arrives. Documented. */
  readonly tokenLifetimeMs: number;
  /** Bytes of a frame that a client must accept: a snapshot of 44,000 levels has 5.2 MB (measured 2026-08). */
  readonly largestFrameBytes: number;
}
