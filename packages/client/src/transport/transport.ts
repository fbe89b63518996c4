/** Why a socket could not be opened or broke, in words a policy can decide on. */
export interface TransportFailure {
  /** `ECONNREFUSED`, `CERT_HAS_EXPIRED`, `HTTP_429`, `WS_ERR_INVALID_UTF8` … */
  readonly code: string;
  /** The HTTP status that answered the handshake instead of 101. */
  readonly status?: number;
  /** The answer's `Retry-After` header in milliseconds. */
  readonly retryAfterMs?: number;
  readonly message: string;
  readonly cause?: unknown;
}

/** What happens on a socket: nothing before `open` has returned, nothing after `onClose`. */
export interface TransportListener {
  onOpen(info: { readonly headers?: Readonly<Record<string, string>> }): void;
  /** One WebSocket message; `bytes` stay valid and are not reused. */
  onFrame(bytes: Uint8Array, binary: boolean): void;
  /** Says why the `onClose` that follows is going to happen. */
  onError(failure: TransportFailure): void;
  onClose(code: number, reason: string): void;
}

/** One socket, opening or open. */
export interface TransportSocket {
  send(text: string): void;
  /** Starts the closing handshake; `onClose` follows. */
  close(code?: number, reason?: string): void;
  /** Drops the socket now; `onClose` may follow. */
  terminate(): void;
  /** Stops reading: TCP backpressure slows the peer. */
  pause(): void;
  resume(): void;
  /** Bytes written but not yet taken by the network. */
  readonly bufferedBytes?: number;
  /** Bytes read so far, including those of a message that is not complete yet. */
  readonly receivedBytes?: number;
}

/** Opens sockets. The default is `ws`; tests and simulations bring their own. */
export interface Transport {
  open(
    url: string,
    options: { readonly headers?: Readonly<Record<string, string>> },
    listener: TransportListener,
  ): TransportSocket;
}
