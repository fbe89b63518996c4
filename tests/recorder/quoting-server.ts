import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';

/** A secret as a server may quote it: the encodings that text goes through on its way into a log. */
const encodings: Readonly<Record<string, (secret: string) => string>> = {
  raw: (secret) => secret,
  base64: (secret) => Buffer.from(secret).toString('base64'),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  percent: (secret) => secret.replaceAll(/./gsu, (c) => `%${Buffer.from(c).toString('hex')}`),
  escaped: (secret) => secret.replaceAll(/./gsu, (c) => `\\u00${Buffer.from(c).toString('hex')}`),
  references: (secret) => secret.replaceAll(/./gsu, (c) => `&#${c.charCodeAt(0)};`),
  base64OfBase64: (secret) => Buffer.from(Buffer.from(secret).toString('base64')).toString('base64'),
};

/** The secrets of which some piece of so many characters stands in a text, in any of the encodings. */
export function findQuotations(text: string, secrets: readonly string[], length = 20): readonly string[] {
  // Printed as JSON, a backslash is two.
  const plain = text.replaceAll('\\\\', '\\');
  return secrets.flatMap((secret) =>
    Object.entries(encodings)
      .filter(([, encode]) => piecesOf(secret, encode, length).some((piece) => plain.includes(piece)))
      .map(([name]) => `${name} of ${secret}`),
  );
}

/** Pieces side by side; base64 groups three characters, so each of the three beginnings gives others. */
const piecesOf = (secret: string, encode: (secret: string) => string, length: number): readonly string[] =>
  [0, 1, 2].flatMap((skipped) => {
    const encoded = encode(secret.slice(skipped));
    const count = Math.floor(encoded.length / length);
    return Array.from({ length: count }, (_, index) => encoded.slice(index * length, (index + 1) * length));
  });

export interface QuotingServer {
  /** Of market data, and of the account. */
  readonly urls: readonly [string, string];
  readonly tokens: readonly string[];
  /** What came with the handshakes. */
  readonly headers: readonly string[];
  /** Whether both addresses have quoted on a second socket, after two handshakes that failed. */
  readonly done: boolean;
  close(): void;
}

/**
 * A server that quotes everything it was sent, and what it knows besides, in everything it can fill: headers and status
 * of a refused handshake, an extension, error replies, channels, products, acknowledgements and the reason of a close.
 */
export async function quotingServer(account: string, known: readonly string[]): Promise<QuotingServer> {
  const tokens: string[] = [];
  const headers: string[] = [];
  const visits = new Map<string, number>();
  const quoted = new Map<string, number>();
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer();

  const quotations = (): readonly string[] =>
    [
      ...tokens.slice(0, 4),
      ...tokens.slice(0, 2).flatMap((token) => token.split('.')),
      ...known,
      ...headers,
    ].flatMap((secret) => Object.values(encodings).map((encode) => encode(secret)));
  sockets.on('headers', (lines) => {
    const [token = 'none'] = tokens;
    lines.push(`Date: ${new Date().toUTCString()} (${token})`, `X-Token: ${token}`);
  });

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = request.url ?? '';
    const visit = (visits.get(path) ?? 0) + 1;
    visits.set(path, visit);
    const { authorization } = request.headers;
    if (authorization !== undefined) headers.push(authorization);
    const [token = ''] = tokens;
    socket.on('error', () => undefined);
    if (visit === 2)
      socket.end(`HTTP/1.1 503 ${token}\r\nX-Token: ${token}\r\nConnection: close\r\n\r\n${token}`);
    else if (visit === 3)
      socket.end(
        `HTTP/1.1 101 ${token}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: ${token}\r\n\r\n`,
      );
    else sockets.handleUpgrade(request, socket, head, (opened) => serve(opened, path, visit));
  });

  function serve(socket: WebSocket, path: string, visit: number): void {
    let sequence = 0;
    const send = (channel: string, events: readonly unknown[]): void => {
      socket.send(
        JSON.stringify({ channel, timestamp: new Date().toISOString(), sequence_num: sequence, events }),
      );
      sequence += 1;
    };
    const subscriptions: Record<string, string[]> = {};
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      const {
        channel,
        product_ids: ids = [],
        jwt,
      } = JSON.parse(data.toString()) as {
        channel: string;
        product_ids?: string[];
        jwt?: string;
      };
      if (jwt !== undefined) tokens.push(jwt);
      subscriptions[channel] =
        channel === 'user' ? [account] : channel === 'heartbeats' ? ['heartbeats'] : ids;
      send('subscriptions', [{ subscriptions }]);
      if (channel === 'level2') send('l2_data', [{ type: 'snapshot', product_id: 'BTC-USD', updates: [] }]);
    });
    setTimeout(() => {
      for (const text of quotations()) {
        socket.send(JSON.stringify({ type: 'error', message: `bad token ${text}` }));
        send(text, [{ type: 'snapshot', product_id: text }]);
        send('l2_data', [{ type: 'update', product_id: text, updates: [] }]);
        send('subscriptions', [
          { subscriptions: { ...subscriptions, [text]: [text], level2: ['BTC-USD', text] } },
        ]);
        socket.send(text);
      }
      quoted.set(path, (quoted.get(path) ?? 0) + 1);
      // A reason has 123 bytes.
      if (visit === 1) socket.close(4000, encodings['base64']?.(tokens[0] ?? '').slice(0, 120));
    }, 1_500);
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    urls: [`127.0.0.1:${port}/market`, `127.0.0.1:${port}/user`],
    tokens,
    headers,
    get done() {
      return quoted.size === 2 && [...quoted.values()].every((count) => count > 1);
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}
