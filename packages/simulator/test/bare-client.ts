import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

/** A frame as a bare `ws` client saw it. */
export interface SeenFrame {
  readonly text: string;
  readonly bytes: Buffer;
  readonly binary: boolean;
}

/** Nothing but a socket that remembers: no client of this project, so that a judge meets no friend. */
export interface BareClient extends AsyncDisposable {
  readonly webSocket: WebSocket;
  readonly frames: readonly SeenFrame[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  send(message: unknown): void;
  /** Waits until `enough` frames are there; fails when the socket closes before. */
  until(enough: number | ((frames: readonly SeenFrame[]) => boolean)): Promise<readonly SeenFrame[]>;
}

/** Connects and waits for the upgrade. */
export async function connect(url: string, options: ClientOptions = {}): Promise<BareClient> {
  const client = dial(url, options);
  await once(client.webSocket, 'open');
  return client;
}

/** Connects without waiting. */
export function dial(url: string, options: ClientOptions = {}): BareClient {
  const webSocket = new WebSocket(url, options);
  const frames: SeenFrame[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of waiting) check();
  };
  webSocket.on('message', (bytes: Buffer, binary: boolean) => {
    frames.push({ text: bytes.toString(), bytes, binary });
    wake();
  });
  webSocket.on('error', () => {});
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    webSocket.on('close', (code, reason) => {
      resolve({ code, reason: reason.toString() });
      wake();
    });
  });

  return {
    webSocket,
    frames,
    closed,
    send: (message) => webSocket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    until(enough) {
      const isEnough = typeof enough === 'number' ? () => frames.length >= enough : () => enough(frames);
      return new Promise((resolve, reject) => {
        const check = (): void => {
          if (isEnough()) resolve(frames);
          else if (webSocket.readyState === webSocket.CLOSED)
            reject(new Error(`closed after ${frames.length} frames`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      });
    },
    async [Symbol.asyncDispose]() {
      webSocket.terminate();
      await closed;
    },
  };
}

export const subscribe = (
  channel: string,
  productIds?: readonly string[],
  jwt?: string,
): Record<string, unknown> => ({
  type: 'subscribe',
  channel,
  ...(productIds === undefined ? {} : { product_ids: productIds }),
  ...(jwt === undefined ? {} : { jwt }),
});
