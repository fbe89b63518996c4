import type { Clock, Transport, TransportListener, TransportSocket } from '@feedtape/client';
import type { Request } from '@feedtape/protocol';

/** What must hold whatever happens, watched from outside of the client. */
export interface Law {
  readonly transport: Transport;
  readonly clock: Clock;
  /** The caller's code: never called while the feed is calling a socket or the clock. */
  outside<Arguments extends unknown[], Result>(
    call: (...args: Arguments) => Result,
  ): (...args: Arguments) => Result;
  /** The same, and never called from within itself. */
  sink<Item, Result>(call: (item: Item) => Result): (item: Item) => Result;
  readonly broken: readonly string[];
  /** Timers the feed has set and not cleared. */
  readonly timers: number;
}

/** Wraps the ports of a feed. Tokens are taken off requests: these exchanges know no key. */
export function lawful(transport: Transport, clock: Clock): Law {
  const broken: string[] = [];
  const timers = new Set<unknown>();
  let inPort = 0;
  let inSink = 0;
  const port = <Result>(call: () => Result): Result => {
    inPort += 1;
    try {
      return call();
    } finally {
      inPort -= 1;
    }
  };
  const listens = (what: string, call: () => void): void => {
    // Whatever the feed was doing: this is the network's turn.
    const before = inPort;
    inPort = 0;
    try {
      call();
    } catch (error) {
      broken.push(`${what} threw ${String(error)}`);
    }
    inPort = before;
  };
  const heard = (listener: TransportListener): TransportListener => ({
    onOpen: (info) => listens('onOpen', () => listener.onOpen(info)),
    onFrame: (bytes, binary) => listens('onFrame', () => listener.onFrame(bytes, binary)),
    onError: (failure) => listens('onError', () => listener.onError(failure)),
    onClose: (code, reason) => listens('onClose', () => listener.onClose(code, reason)),
  });
  const socketOf = (socket: TransportSocket): TransportSocket => ({
    send: (text) =>
      port(() => {
        const request = JSON.parse(text) as Request;
        socket.send(JSON.stringify({ ...request, jwt: undefined }));
      }),
    close: (code, reason) => port(() => socket.close(code, reason)),
    terminate: () => port(() => socket.terminate()),
    pause: () => port(() => socket.pause()),
    // Delivers what waited, which is the network's turn.
    resume: () => socket.resume(),
  });
  const outside: Law['outside'] =
    (call) =>
    (...args) => {
      if (inPort > 0) broken.push("the caller's code was called in the middle of a transition");
      return call(...args);
    };
  return {
    broken,
    get timers() {
      return timers.size;
    },
    outside,
    sink: (call) =>
      outside((item) => {
        if (inSink > 0) broken.push('the sink was called from within itself');
        inSink += 1;
        try {
          return call(item);
        } finally {
          inSink -= 1;
        }
      }),
    transport: {
      open: (url, options, listener) => port(() => socketOf(transport.open(url, options, heard(listener)))),
    },
    clock: {
      now: () => clock.now(),
      setTimeout: (run, ms) => {
        const handle = port(() =>
          clock.setTimeout(() => {
            timers.delete(handle);
            listens('a timer', run);
          }, ms),
        );
        timers.add(handle);
        return handle;
      },
      clearTimeout: (handle) => {
        timers.delete(handle);
        port(() => clock.clearTimeout(handle));
      },
    },
  };
}
