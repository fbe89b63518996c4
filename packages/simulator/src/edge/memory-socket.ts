import type { Clock } from '../model/clock.ts';
import type { ConnectionHandle, ExchangeCore } from '../exchange/exchange-core.ts';
import type { Endpoint } from '../market/channels.ts';
import type { Link } from '../connection/link.ts';

/** What a client is told; the shape of the client's own transport listener. */
export interface MemorySocketListener {
  onOpen(info: { readonly headers?: Readonly<Record<string, string>> }): void;
  onFrame(bytes: Uint8Array, binary: boolean): void;
  onClose(code: number, reason: string): void;
  onError(error: {
    readonly code: string;
    readonly status?: number;
    readonly retryAfterMs?: number;
    readonly message: string;
  }): void;
}

/** What a client may do; the shape of the client's own transport socket. */
export interface MemorySocket {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  readonly bufferedBytes: number;
}

export interface MemorySocketPorts {
  readonly core: ExchangeCore;
  readonly clock: Clock;
  readonly wallNow: () => number;
  readonly latencyMs: number;
  readonly endpoint: Endpoint;
  readonly listener: MemorySocketListener;
}

const ADDRESS = 'memory';

/** Dials: the answer comes over the clock, as from a network. */
export function createMemorySocket(ports: MemorySocketPorts): MemorySocket {
  const { core, clock, listener, latencyMs } = ports;
  let connection: ConnectionHandle | undefined;
  let over = false;
  let paused = false;
  let stalled = false;
  let buffered = 0;
  /** Deliveries to the client in order; a dripping one makes those behind it wait. */
  let arrivesAt = 0;
  const arrived: (() => void)[] = [];

  const toClient = (delivery: () => void, extraMs = 0): void => {
    arrivesAt = Math.max(arrivesAt, clock.now() + latencyMs) + extraMs;
    clock.setTimeout(() => {
      arrived.push(delivery);
      if (!paused) drain();
    }, arrivesAt - clock.now());
  };
  const drain = (): void => {
    for (let next = arrived.shift(); next !== undefined; next = paused ? undefined : arrived.shift()) next();
    if (buffered === 0) connection?.drained();
  };
  const finish = (code: number, reason: string): void => {
    if (over) return;
    over = true;
    listener.onClose(code, reason);
  };
  const toExchange = (action: (handle: ConnectionHandle) => void): void => {
    clock.setTimeout(() => {
      if (connection !== undefined && !stalled) action(connection);
    }, latencyMs);
  };

  const link: Link = {
    bufferedBytes: () => buffered,
    frame(payload, binary, bytesPerSecond) {
      if (stalled) return;
      buffered += payload.length;
      const dripMs = bytesPerSecond === undefined ? 0 : (payload.length * 1000) / bytesPerSecond;
      toClient(() => {
        buffered -= payload.length;
        if (!over) listener.onFrame(payload, binary);
      }, dripMs);
    },
    asciiFrame(text) {
      const bytes = Buffer.from(text, 'latin1');
      link.frame(bytes, false);
      return bytes;
    },
    flush() {},
    // A half-open connection answers nothing; it only goes away together with the exchange.
    close: (code, reason) => toClient(() => (stalled ? finish(1006, '') : finish(code, reason))),
    terminate: () => toClient(() => finish(1006, '')),
    reset() {
      toClient(() => {
        if (!over) listener.onError({ code: 'ECONNRESET', message: 'read ECONNRESET' });
        finish(1006, '');
      });
    },
    stall() {
      stalled = true;
    },
  };

  clock.setTimeout(() => {
    if (over) return;
    const admission = core.admit(ADDRESS);
    if (admission.kind === 'ignored') return;
    const date = new Date(ports.wallNow() + admission.dateSkewMs).toUTCString();
    if (admission.kind === 'refused') {
      const { status, retryAfterSeconds } = admission;
      const message = `Unexpected server response: ${status}`;
      const error = { code: `HTTP_${status}`, status, message };
      toClient(() => {
        if (over) return;
        listener.onError(
          retryAfterSeconds === undefined ? error : { ...error, retryAfterMs: retryAfterSeconds * 1000 },
        );
        finish(1006, '');
      });
      return;
    }
    toClient(() => {
      if (!over) listener.onOpen({ headers: { date } });
    });
    connection = core.connect(ports.endpoint, ADDRESS, link, admission.closeWith);
  }, latencyMs);

  return {
    get bufferedBytes() {
      return 0;
    },
    send: (text) => toExchange((handle) => handle.receive(text, false)),
    close(code = 1000, reason = '') {
      // The exchange answers a close frame with its own, behind everything it has sent.
      toExchange((handle) => {
        handle.closed(code, reason);
        toClient(() => finish(code, reason));
      });
    },
    terminate() {
      // The exchange learns of it even where it reads nothing any more: its side of the socket is gone.
      clock.setTimeout(() => connection?.closed(1006, ''), latencyMs);
      clock.setTimeout(() => finish(1006, ''), 0);
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      drain();
    },
  };
}
