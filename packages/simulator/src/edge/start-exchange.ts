import { checkOptions } from '../exchange/check-options.ts';
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CaptureSource } from '@feedtape/capture/node';
import { WebSocketServer } from 'ws';
import type { ExchangeKey } from '../connection/api-key.ts';
import { type Clock, realClock } from '../model/clock.ts';
import type { Admission } from '../exchange/handshake-admission.ts';
import type { ExchangeCore } from '../exchange/exchange-core.ts';
import { createMarketExchange } from '../exchange/market-exchange.ts';
import type { FaultControl } from '../faults/fault-control.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type ExchangeOptions, type ResolvedOptions, resolveOptions } from '../exchange/options.ts';
import { createCaptureExchange } from '../playback/capture-exchange.ts';
import type { CaptureMode } from '../playback/playback-subscriptions.ts';
import { openRecording } from '../playback/recording.ts';
import { SimulatorError } from '../model/simulator-error.ts';
import { answerControl } from './control-api.ts';
import { foreignRequest } from './local-request.ts';
import { createWebSocketLink } from './websocket-link.ts';

export interface StartOptions extends ExchangeOptions {
  /** Serves this capture (a file, a folder, a pattern, or several) instead of a market, `speed` times as fast. @default a market */
  readonly capture?: CaptureSource;
  /** How the capture is served. @default 'merged' */
  readonly captureMode?: CaptureMode;
  /** The port of 127.0.0.1, from 0 to 65,535; 0 is any free one. @default 0 */
  readonly port?: number;
  /** What drives deadlines, limits and the market. @default the machine's clock */
  readonly clock?: Clock;
  /** Milliseconds since 1970, for judging tokens. @default Date.now */
  readonly wallNow?: () => number;
}

/** A running exchange on loopback. */
export interface Exchange extends AsyncDisposable {
  /** The market data endpoint, which serves every channel. */
  readonly url: string;
  /** The user endpoint: `heartbeats`, `user`, `futures_balance_summary`. */
  readonly userUrl: string;
  readonly port: number;
  /** Generated at the start and accepted: one ES256 key, one Ed25519 key. */
  readonly keys: readonly ExchangeKey[];
  /** Lies on command. */
  readonly faults: FaultControl;
  readonly ledger: Ledger;
  /** Closes every connection with 1001 and resolves when nothing is left running. */
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const USER_PATH = '/user';
/** How long clients may take to answer the close frames of an exchange that closes. */
const CLOSING_MS = 250;
/** Requests are small; the real limit is unknown. */
const LONGEST_MESSAGE = 1024 * 1024;

/**
 * Starts an exchange on a loopback port; resolves when it listens.
 * @throws {SimulatorError} `SIMULATOR_PORT_UNAVAILABLE`, `SIMULATOR_OPTION_INVALID`, `SIMULATOR_FAULT_INVALID`,
 *   `SIMULATOR_CAPTURE_UNUSABLE`
 *
 * @example
 * ```ts
 * await using exchange = await startExchange({ seed: 7, faults: [{ fault: { kind: 'drop' }, chance: 0.001 }] });
 * console.log(exchange.url, exchange.ledger.connections.length);
 * ```
 */
export async function startExchange(options: StartOptions = {}): Promise<Exchange> {
  checkOptions(options);
  const { clock = realClock, wallNow = Date.now } = options;
  const resolved = resolveOptions(options, wallNow);
  const core = await openCore(options, resolved, clock);
  const control = {
    isReplay: options.capture !== undefined,
    keys: resolved.generatedKeys,
    faults: core.faults,
    ledger: core.ledger,
  };
  const http = createServer((request, response) => {
    answerControl(control, request, response).catch(() => response.destroy());
  });
  const webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LONGEST_MESSAGE,
  });
  const dates = new WeakMap<IncomingMessage, string>();
  webSockets.on('headers', (headers, request) => headers.push(`Date: ${dates.get(request) ?? ''}`));
  // Every socket, upgraded or not: some clients never answer a close frame, some attempts are never answered.
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  http.on('upgrade', (request, socket, head) =>
    accept({ core, webSockets, dates, clock, wallNow, request, socket, head }),
  );

  const port = await listen(http, options.port ?? 0);

  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => {
      http.close(resolve);
    });
    core.close();
    webSockets.close();
    const impatience = setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, CLOSING_MS);
    await closed;
    clearTimeout(impatience);
  };
  return {
    url: `ws://${HOST}:${port}`,
    userUrl: `ws://${HOST}:${port}${USER_PATH}`,
    port,
    keys: resolved.generatedKeys,
    faults: core.faults,
    ledger: core.ledger,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function openCore(
  { capture, captureMode = 'merged', speed = 1 }: StartOptions,
  resolved: ResolvedOptions,
  clock: Clock,
): Promise<ExchangeCore> {
  if (capture === undefined) return createMarketExchange(resolved, clock);
  const recording = await openRecording(capture, { speed, clock });
  return createCaptureExchange(resolved, clock, { recording, mode: captureMode });
}

async function listen(http: Server, wanted: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (cause) =>
      reject(new SimulatorError('SIMULATOR_PORT_UNAVAILABLE', { port: wanted }, { cause })),
    );
    http.listen(wanted, HOST, resolve);
  });
  const address = http.address();
  return typeof address === 'object' && address !== null ? address.port : wanted;
}

interface Attempt {
  readonly core: ExchangeCore;
  readonly webSockets: WebSocketServer;
  readonly dates: WeakMap<IncomingMessage, string>;
  readonly clock: Clock;
  readonly wallNow: () => number;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function accept({ core, webSockets, dates, clock, wallNow, request, socket, head }: Attempt): void {
  socket.on('error', () => socket.destroy());
  const address = request.socket.remoteAddress ?? '';
  const foreign = foreignRequest(request);
  if (foreign !== undefined) {
    refuse(socket, { status: 403, why: foreign }, new Date(wallNow()).toUTCString());
    return;
  }
  const admission = core.admit(address);
  if (admission.kind === 'ignored') return;
  const date = new Date(wallNow() + admission.dateSkewMs).toUTCString();
  if (admission.kind === 'refused') {
    refuse(socket, admission, date);
    return;
  }
  const endpoint = request.url?.startsWith(USER_PATH) === true ? 'user' : 'market';
  const { closeWith } = admission;
  dates.set(request, date);
  // One write for the upgrade and a close right behind it.
  socket.cork();
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    const link = createWebSocketLink(webSocket, socket as Socket, clock);
    const connection = core.connect(endpoint, address, link, closeWith);
    webSocket.on('message', (data: Buffer, binary: boolean) => connection.receive(data.toString(), binary));
    socket.on('drain', () => connection.drained());
    webSocket.on('close', (code, reason) => connection.closed(code, reason.toString()));
    webSocket.on('error', () => webSocket.terminate());
  });
  socket.uncork();
}

type Refusal = Pick<Extract<Admission, { kind: 'refused' }>, 'status' | 'why' | 'retryAfterSeconds'>;

function refuse(socket: Duplex, { status, why, retryAfterSeconds }: Refusal, date: string): void {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`,
    `Date: ${date}`,
    'Connection: close',
    'Content-Type: text/plain',
    `Content-Length: ${why.length}`,
  ];
  if (retryAfterSeconds !== undefined) lines.push(`Retry-After: ${retryAfterSeconds}`);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${why}`);
}
