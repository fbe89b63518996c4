/** One socket of an edge, real or in memory. */
export interface Link {
  /** Queues one frame; with `bytesPerSecond` it leaves byte by byte, and what follows waits for it. */
  frame(payload: Uint8Array, binary: boolean, bytesPerSecond?: number): void;
  /** Queues one text frame of ASCII characters only; returns its bytes, valid until the next frame. */
  asciiFrame(text: string): Uint8Array;
  /** Hands everything queued to the socket at once. */
  flush(): void;
  /** Starts the closing handshake, in one write with everything queued. */
  close(code: number, reason: string): void;
  /** Ends the socket after everything queued, without a closing handshake. */
  terminate(): void;
  /** Resets the socket. */
  reset(): void;
  /** Stops reading and writing without closing the socket. */
  stall(): void;
  /** Bytes that the socket has not sent yet. */
  bufferedBytes(): number;
}
