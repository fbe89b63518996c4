import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import {
  createTokenSource,
  generateKey,
  measureSkew,
  readKey,
  skewOf,
  type TokenSource,
} from '@feedtape/auth';
import { type Exchange, startExchange } from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';

interface Answer {
  readonly frame: { readonly channel?: string; readonly type?: string; readonly message?: string };
  /** Of the 101 response. */
  readonly date: string | undefined;
  /** By the local clock, in milliseconds since 1970. */
  readonly sentAt: number;
  readonly receivedAt: number;
}

// The account's snapshot comes before the confirmation.
const ACCEPTED = { channel: 'user' };
const REFUSED = { type: 'error', message: 'authentication failure' };

/** What the exchange answers to a subscription of the private channel, by a local clock that may be wrong. */
async function subscribeUser(exchange: Exchange, token: TokenSource, clock = Date.now): Promise<Answer> {
  const sentAt = clock();
  const socket = new WebSocket(exchange.userUrl);
  const upgraded = once(socket, 'upgrade') as Promise<[IncomingMessage]>;
  const opened = once(socket, 'open');
  const answered = once(socket, 'message') as Promise<[Buffer]>;
  const [{ headers }] = await upgraded;
  const receivedAt = clock();
  await opened;
  socket.send(JSON.stringify({ type: 'subscribe', channel: 'user', jwt: await token() }));
  const [bytes] = await answered;
  socket.terminate();
  return { frame: JSON.parse(bytes.toString()) as Answer['frame'], date: headers.date, sentAt, receivedAt };
}

test('every key that the exchange hands out, as a PEM or as a file, makes tokens that it accepts', async () => {
  await using exchange = await startExchange();
  for (const { name, privateKeyPem, json } of exchange.keys) {
    for (const key of [readKey(privateKeyPem, { name }), readKey(JSON.stringify(json))]) {
      expect((await subscribeUser(exchange, createTokenSource(key))).frame).toMatchObject(ACCEPTED);
    }
  }
});

test.for(['ES256', 'EdDSA'] as const)(
  'the exchange accepts a token of a generated %s key, once',
  async (algorithm) => {
    const { key, publicKey } = generateKey(algorithm);
    await using exchange = await startExchange({ keys: [{ name: key.name, publicKey }] });
    const token = createTokenSource(key);
    const kept = await token();
    expect((await subscribeUser(exchange, async () => kept)).frame).toMatchObject(ACCEPTED);
    expect((await subscribeUser(exchange, async () => kept)).frame).toMatchObject(REFUSED);
    expect((await subscribeUser(exchange, token)).frame).toMatchObject(ACCEPTED);
  },
);

test.for([-600_000, -130_000, 30_000, 600_000])(
  "a clock off by %i ms: refused, measured by the refusal's own upgrade, then accepted",
  async (offBy) => {
    const { key, publicKey } = generateKey('ES256');
    await using exchange = await startExchange({ keys: [{ name: key.name, publicKey }] });
    const clock = (): number => Date.now() + offBy;
    const first = await subscribeUser(exchange, createTokenSource(key, { clock }), clock);
    expect(first.frame).toMatchObject(REFUSED);
    const { skewMs, uncertaintyMs } = skewOf(first.date, first);
    expect(Math.abs(skewMs - offBy)).toBeLessThanOrEqual(Math.max(2000, uncertaintyMs));

    const token = createTokenSource(key, { clock, skewMs: skewMs + uncertaintyMs });
    expect((await subscribeUser(exchange, token, clock)).frame).toMatchObject(ACCEPTED);
  },
);

test('the exchange answers plain HTTP with its date as well', async () => {
  await using exchange = await startExchange();
  const { skewMs, uncertaintyMs } = await measureSkew({ url: exchange.url.replace(/^ws/, 'http') });
  expect(Math.abs(skewMs)).toBeLessThanOrEqual(uncertaintyMs);
});
