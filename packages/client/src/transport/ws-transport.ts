import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type ClientOptions, WebSocket } from 'ws';
import {
  aBoolean,
  aLimit,
  type Check,
  hasMethods,
  must,
  optionsOf,
  ROOT,
  strings,
} from '../model/check-options.ts';
import { ClientError } from '../model/client-error.ts';
import { tlsFailure } from './tls-check.ts';
import type { Transport, TransportFailure, TransportListener, TransportSocket } from './transport.ts';

export interface WsTransportOptions {
  /** How to connect: a proxy agent, for example. One that turns certificate checks off is refused. @default none */
  readonly agent?: Agent;
  /** Certificates to trust instead of the usual ones, as PEM. @default those of Node */
  readonly ca?: string | readonly string[];
  /**
   * The largest message taken, in bytes: a whole number of at least 1, or `Infinity`; a larger one ends the connection. A snapshot of BTC-USD has 5 MB.
   * @default 16_777_216
   */
  readonly maxPayload?: number;
  /** Skips the UTF-8 check of text frames, for programs that keep the bytes. @default false */
  readonly skipUtf8Validation?: boolean;
}

const wsTransportOptions: Check = optionsOf<WsTransportOptions>({
  // The method that `node:http` calls.
  agent: must('an Agent of node:http', (value) => hasMethods(value, 'addRequest')),
  ca: strings,
  skipUtf8Validation: aBoolean,
  maxPayload: aLimit,
});

// ws knows these, its type declarations do not yet.
interface HardenedOptions extends ClientOptions {
  readonly maxFragments: number;
  readonly maxBufferedChunks: number;
  readonly closeTimeout: number;
}

/**
 * Opens sockets with `ws`. Verifies certificates whatever the agent says, follows no redirects and refuses compression.
 * Bounds what a hostile server can make the client hold: 16 MiB a message by default, 8,192 fragments, 32,768 chunks
 * and 1,000 unanswered pings.
 *
 * @throws ClientError `CLIENT_OPTION_INVALID`; `CLIENT_INSECURE` for an agent that does not verify certificates
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs';
 * const transport = createWsTransport({ ca: readFileSync('proxy-ca.pem', 'utf8') });
 * const feed = openFeed({ subscriptions: [{ channel: 'status' }], transport });
 * ```
 */
export function createWsTransport(options: WsTransportOptions = {}): Transport {
  wsTransportOptions(ROOT, options);
  const { agent, ca, maxPayload = 16_777_216, skipUtf8Validation = false } = options;
  // An agent's own TLS options win over those of the request.
  const agentOptions = (agent as { options?: { rejectUnauthorized?: boolean } } | undefined)?.options;
  if (agentOptions?.rejectUnauthorized === false) {
    const why = 'its agent does not verify certificates';
    throw new ClientError('CLIENT_INSECURE', { url: 'any URL', why });
  }
  const base: HardenedOptions = {
    perMessageDeflate: false,
    maxPayload,
    maxFragments: 8_192,
    maxBufferedChunks: 32_768,
    followRedirects: false,
    // Pings are answered below, where too many of them get a name.
    autoPong: false,
    allowSynchronousEvents: true,
    skipUTF8Validation: skipUtf8Validation,
    closeTimeout: 2_000,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(agent && { agent }),
    ...(ca !== undefined && { ca: typeof ca === 'string' ? ca : [...ca] }),
  };
  const transport: Transport = {
    open(url, { headers }, listener) {
      const { protocol, hostname } = new URL(url);
      const verify = protocol === 'wss:' ? hostname.replace(/^\[(.*)\]$/u, '$1') : undefined;
      return connect(new WebSocket(url, { ...base, ...(headers && { headers }) }), verify, listener);
    },
  };
  wsTransports.add(transport);
  return transport;
}

const wsTransports = new WeakSet<Transport>();

/** Whether a transport comes from {@link createWsTransport}, which leaves the check of `ws:` URLs to the feed. */
export const isWsTransport = (transport: Transport): boolean => wsTransports.has(transport);

/** Pongs that may wait for the network: a peer that reads none while it pings would fill our memory. */
const MAX_PENDING_PONGS = 1_000;

/** `host`: whose certificate it must be, where there has to be one. */
function connect(socket: WebSocket, host: string | undefined, listener: TransportListener): TransportSocket {
  let headers: Record<string, string> = {};
  let stream: Socket | undefined;
  socket.on('upgrade', (response) => {
    headers = singleHeaders(response);
    stream = response.socket;
    const insecure = host === undefined ? undefined : tlsFailure(response.socket, host);
    if (insecure === undefined) return;
    listener.onError(insecure);
    socket.terminate();
  });
  socket.on('open', () => listener.onOpen({ headers }));
  // The default binaryType hands out one Buffer a message.
  socket.on('message', (data, binary) => listener.onFrame(data as Buffer, binary));
  socket.on('unexpected-response', (request, response) => {
    listener.onError(refusal(response));
    abandon(request, response);
    socket.terminate();
  });
  socket.on('error', (error) => {
    listener.onError(failureOf(error));
    // A broken peer need not answer the closing handshake.
    socket.terminate();
  });
  let pendingPongs = 0;
  const ponged = (): void => {
    pendingPongs -= 1;
  };
  socket.on('ping', (data) => {
    if (socket.readyState !== socket.OPEN) return;
    if (pendingPongs === MAX_PENDING_PONGS) {
      listener.onError({
        code: 'WS_ERR_TOO_MANY_PINGS',
        message: `more than ${MAX_PENDING_PONGS} pings at once`,
      });
      socket.terminate();
      return;
    }
    pendingPongs += 1;
    socket.pong(data, true, ponged);
  });
  socket.on('close', (code, reason) => listener.onClose(code, reason.toString()));
  return {
    // What cannot be sent comes back as an error of the socket; the callback keeps ws from throwing it away.
    send: (text) => socket.send(text, ignore),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    get receivedBytes() {
      return stream?.bytesRead ?? 0;
    },
  };
}

function ignore(): void {}

function abandon(request: ClientRequest, response: IncomingMessage): void {
  response.on('error', ignore);
  request.on('error', ignore);
  response.destroy();
}

function refusal(response: IncomingMessage): TransportFailure {
  const status = response.statusCode ?? 0;
  const retryAfterMs = retryAfter(response.headers['retry-after'], response.headers.date);
  return {
    code: `HTTP_${status}`,
    status,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    message: `the server answered the handshake with HTTP status ${status}`,
  };
}

/** `Retry-After` as milliseconds: seconds, or a date, which is compared with the server's own. */
export function retryAfter(value: string | undefined, date: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const wait = Date.parse(value) - (date === undefined ? Date.now() : Date.parse(date));
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined;
}

function failureOf(error: Error): TransportFailure {
  const { code } = error as NodeJS.ErrnoException;
  return { code: code ?? 'WS_ERR_HANDSHAKE', message: error.message, cause: error };
}

function singleHeaders(response: IncomingMessage): Record<string, string> {
  const entries = Object.entries(response.headers).map(([name, value]) => [name, String(value)]);
  return Object.fromEntries(entries) as Record<string, string>;
}
