/**
 * How long the client waits for what, and how often it tries again. Every wait of the policy is one of
 * these, so a simulation can change them. All in milliseconds unless the name says otherwise.
 */
export interface Patience {
  /** From dialling to an open socket. @default 6_000 */
  readonly openMs: number;
  /** Without any frame for this long, a connection's books are called stale: by 2.5 s. @default 2_400 */
  readonly staleMs: number;
  /** Without any frame for this long, the connection is given up for a new one. @default 6_000 */
  readonly silenceMs: number;
  /** For an answer to a request, before it is asked again. @default 5_000 */
  readonly answerMs: number;
  /** For a level2 snapshot after the acknowledgement, before the product is asked for again. @default 5_000 */
  readonly snapshotMs: number;
  /** For the closing handshake, before the socket is dropped. @default 2_000 */
  readonly closeMs: number;
  /** Sockets may stay paused for a slow consumer this long before they are given up. @default 30_000 */
  readonly pausedMs: number;
  /** The first retry comes after a random time below this. @default 5_000 */
  readonly firstRetryMs: number;
  /** The ceiling of the n-th retry is this times 2ⁿ … @default 1_000 */
  readonly baseRetryMs: number;
  /** … and never above this. @default 30_000 */
  readonly maxRetryMs: number;
  /** The longest `Retry-After` that is believed. @default 3_600_000 */
  readonly maxRetryAfterMs: number;
  /** Open this long, with data, before earlier failures are forgotten. @default 60_000 */
  readonly healthyMs: number;
  /** Between two attempts to authenticate. @default 30_000 */
  readonly authenticationMs: number;
  /** Failed attempts to authenticate before the feed stops. @default 3 */
  readonly authenticationAttempts: number;
  /** Before private channels are asked for again that were refused while the clocks differ. @default 300_000 */
  readonly clockMs: number;
  /** Before a request that was refused, or a product that was left out, is asked for again. @default 5_000 */
  readonly refusedMs: number;
  /** Between two repairs of one connection; doubles up to four times this while gaps go on. @default 1_000 */
  readonly repairMs: number;
  /** For the token source. @default 10_000 */
  readonly tokenMs: number;
}

export const defaultPatience: Patience = {
  openMs: 6_000,
  staleMs: 2_400,
  silenceMs: 6_000,
  answerMs: 5_000,
  snapshotMs: 5_000,
  closeMs: 2_000,
  pausedMs: 30_000,
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
  tokenMs: 10_000,
};
