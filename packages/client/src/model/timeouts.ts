/** How long the client waits before it gives something up. All in milliseconds, above 0; `Infinity` turns one off. */
export interface Timeouts {
  /** From opening a socket to the end of its handshake. @default 6_000 */
  readonly openMs: number;
  /** Marks the books of a connection without any frame as stale. @default 2_400 */
  readonly staleMs: number;
  /** Replaces a connection without any frame. @default 6_000 */
  readonly silenceMs: number;
  /** Sends a request again that was not answered. @default 5_000 */
  readonly answerMs: number;
  /** Requests a level2 snapshot again that has not come since the acknowledgement. @default 5_000 */
  readonly snapshotMs: number;
  /** Drops the socket whose closing handshake has no end. @default 2_000 */
  readonly closeMs: number;
  /** Replaces connections that were paused this long for a slow consumer. @default 30_000 */
  readonly pausedMs: number;
  /** For one call of the token source. @default 10_000 */
  readonly tokenMs: number;
}

/** How the client spaces repeated attempts. In milliseconds, above 0, unless the name says otherwise. */
export interface Backoff {
  /** Upper bound of the random delay before the first reconnect. @default 5_000 */
  readonly firstRetryMs: number;
  /** The n-th reconnect is delayed by a random time below this times 2ⁿ. @default 1_000 */
  readonly baseRetryMs: number;
  /** Upper bound of every reconnect delay. @default 30_000 */
  readonly maxRetryMs: number;
  /** The longest `Retry-After` that is obeyed. @default 3_600_000 */
  readonly maxRetryAfterMs: number;
  /** Forgets earlier failures after a connection was open this long, with data. @default 60_000 */
  readonly healthyMs: number;
  /** Between two attempts to authenticate. @default 30_000 */
  readonly authenticationMs: number;
  /** Failed attempts to authenticate after which the feed ends: a whole number of at least 1. @default 3 */
  readonly authenticationAttempts: number;
  /** Before the next attempt to authenticate while the clocks differ by over 5 minutes. @default 300_000 */
  readonly clockMs: number;
  /** Before a rejected request, or a product that was left out, is requested again; doubles. @default 5_000 */
  readonly refusedMs: number;
  /** Between two repairs of one connection; doubles up to four times this while gaps go on. @default 1_000 */
  readonly repairMs: number;
}

export interface Timing {
  readonly timeouts: Timeouts;
  readonly backoff: Backoff;
}

export const defaultTimeouts: Timeouts = {
  openMs: 6_000,
  staleMs: 2_400,
  silenceMs: 6_000,
  answerMs: 5_000,
  snapshotMs: 5_000,
  closeMs: 2_000,
  pausedMs: 30_000,
  tokenMs: 10_000,
};

export const defaultBackoff: Backoff = {
  firstRetryMs: 5_000,
  baseRetryMs: 1_000,
  maxRetryMs: 30_000,
  maxRetryAfterMs: 3_600_000,
  healthyMs: 60_000,
  authenticationMs: 30_000,
  authenticationAttempts: 3,
  clockMs: 300_000,
  refusedMs: 5_000,
  repairMs: 1_000,
};
