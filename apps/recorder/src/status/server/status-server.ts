import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from './listen-address.ts';
import { loadPageAssets, type PageAsset } from './page-assets.ts';
import { liveness, readiness, type Readiness } from './readiness.ts';
import { createRecordingMetrics, type RecordingMetrics } from '../metrics/recording-metrics.ts';
import type { RecordingStatus } from '../model/recording-status.ts';
import { refusalOf } from './request-guard.ts';
import {
  createSnapshotStream,
  VIEWER_LIMIT,
  type SnapshotStream,
  type StatusClock,
} from './snapshot-stream.ts';
import { admitSockets, type SocketLimits } from './socket-admission.ts';
import type { StatusSnapshot } from '../model/status-snapshot.ts';

export interface StatusServerOptions {
  readonly listen: ListenAddress;
  readonly status: Pick<RecordingStatus, 'snapshot' | 'history'>;
  /** The version of the software, for `feedtape_build_info`. */
  readonly version: string;
  /** Additional host names, without ports. Default: loopback and its own address. */
  readonly allowedHosts?: readonly string[];
  /** Milliseconds between two snapshots of the page. Default: 500. */
  readonly everyMs?: number;
  /** Default: the machine's. */
  readonly clock?: StatusClock;
}

export interface StatusServer {
  /** Address of the page. */
  readonly url: string;
  /** Ends every viewer's stream and stops listening. */
  close(): Promise<void>;
}

/** For viewers and scrapers together. */
const LIMITS: SocketLimits = { sockets: 64, headBytes: 8 * 1024, headMs: 5000 };

/** Time for viewers to receive the end of their stream. */
const CLOSE_MS = 250;

const systemClock: StatusClock = { now: () => performance.now(), wall: () => Date.now() };

/**
 * Headers of every answer. The page may load only its own files, run no inline script and not be framed. Nothing is
 * cached.
 */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};

/**
 * Serves the status page, `/events`, `/status.json`, `/metrics`, `/healthz` and `/readyz`. Answers only GET under its own
 * host names, and reads nothing but the path. Rejects with Node's error if it cannot listen.
 */
export async function startStatusServer(options: StatusServerOptions): Promise<StatusServer> {
  const { listen, status, version, allowedHosts = [], everyMs = 500, clock = systemClock } = options;
  const stream = createSnapshotStream(status, { clock, everyMs });
  const answer = routes({
    look: () => status.snapshot(clock.now(), clock.wall()),
    assets: await loadPageAssets(),
    metrics: createRecordingMetrics(version),
    stream,
  });
  const server = createServer({ maxHeaderSize: LIMITS.headBytes }, (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const refusal = refusalOf(request, [listen.host, ...allowedHosts]);
    if (refusal === undefined) {
      // An error in an answer must not end the recording.
      answer(request, response).catch((error: unknown) => sendText(response, 500, String(error)));
      return;
    }
    if (refusal.status === 405) response.setHeader('allow', 'GET');
    sendText(response, refusal.status, refusal.reason);
  });
  const { listener, destroyAll } = admitSockets(server, LIMITS);
  await new Promise<void>((resolve, reject) => {
    // Stays attached: accept fails when the process has no descriptors left, which must not end it.
    listener.on('error', reject);
    listener.listen(listen.port, listen.host, resolve);
  });
  const { address, family, port } = listener.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`,
    close: () =>
      new Promise((resolve) => {
        stream.close();
        listener.close(() => resolve());
        // A viewer that does not read must not delay the end of the recorder.
        setTimeout(destroyAll, CLOSE_MS).unref();
      }),
  };
}

interface Sources {
  readonly look: () => StatusSnapshot;
  readonly assets: ReadonlyMap<string, PageAsset>;
  readonly metrics: RecordingMetrics;
  readonly stream: SnapshotStream;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function routes({ look, assets, metrics, stream }: Sources): Answer {
  return async ({ url = '/' }, response) => {
    const [path = '/'] = url.split('?', 1);
    switch (path) {
      case '/status.json':
        return sendJson(response, 200, look());
      case '/healthz':
        return sendReadiness(response, liveness(look()));
      case '/readyz':
        return sendReadiness(response, readiness(look()));
      case '/metrics':
        return send(response, 200, metrics.contentType, await metrics.text(look()));
      case '/events':
        response.setHeader('content-type', 'text/event-stream; charset=utf-8');
        if (stream.add(response)) return undefined;
        return sendText(response, 503, `at most ${VIEWER_LIMIT} viewers at a time`);
      default: {
        const asset = assets.get(path);
        if (asset === undefined) return sendText(response, 404, 'not found');
        return send(response, 200, asset.type, asset.body);
      }
    }
  };
}

function send(response: ServerResponse, code: number, type: string, body: string | Buffer): void {
  response.writeHead(code, { 'content-type': type }).end(body);
}

const sendText = (response: ServerResponse, code: number, text: string): void =>
  send(response, code, 'text/plain; charset=utf-8', `${text}\n`);

const sendJson = (response: ServerResponse, code: number, value: unknown): void =>
  send(response, code, 'application/json; charset=utf-8', JSON.stringify(value));

const sendReadiness = (response: ServerResponse, { ready, reasons }: Readiness): void =>
  sendJson(response, ready ? 200 : 503, { status: ready ? 'ok' : 'unavailable', reasons });
