/**
 * What the exchange allows, as far as anybody knows. Documented values come from the Advanced Trade
 * documentation; measured ones from public projects that probed the production feed, with the date.
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

/** See {@link LIMITS}; every value can be overridden where one is used. */
export interface Limits {
  /**
   * Products with level2 on one connection. Undocumented; measured 2026-09-06: 30 are served, the 31st is
   * refused with "too many L2 streams requested in a single session". Unsubscribing frees the place.
   */
  readonly level2ProductsPerConnection: number;
  /** Products of any other channel on one connection: 100 were served (measured 2026), no limit was found. */
  readonly otherProductsPerConnection: number;
  /** New connections a second and IP address. Documented as 8; an older page says 750. */
  readonly connectionsPerSecond: number;
  /** Unauthenticated messages a second and IP address. Documented; nothing is said of authenticated ones. */
  readonly messagesPerSecond: number;
  /** A connection without a subscription is closed after this long. Documented. */
  readonly subscribeDeadlineMs: number;
  /** Connections without updates are closed after 60 to 90 seconds: subscribe to heartbeats. Documented. */
  readonly idleCloseMs: number;
  /** How long a token is valid. Documented; it is checked when a request arrives. */
  readonly tokenLifetimeMs: number;
  /** A frame a client must be able to take: a snapshot of 44,000 levels has 5.2 MB (measured 2026-08). */
  readonly largestFrameBytes: number;
}
