import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTokenSource, generateKey, measureSkew, skewOf, verifyToken } from '@feedtape/auth';
import { afterAll, beforeAll, expect, test } from 'vitest';

let server: Server;
let url: string;
let withDate = true;

beforeAll(async () => {
  server = createServer((_request, response) => {
    response.sendDate = withDate;
    response.writeHead(401).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test.for([-600_000, -30_000, 0, 30_000, 600_000])(
  'a clock off by %i ms is measured within two seconds by any response, a refusal too',
  async (offBy) => {
    const { skewMs, uncertaintyMs } = await measureSkew({ url, clock: () => Date.now() + offBy });
    expect(Math.abs(skewMs - offBy)).toBeLessThanOrEqual(2000);
    expect(Math.abs(skewMs - offBy)).toBeLessThanOrEqual(uncertaintyMs + 1);
  },
);

const clock = (): number => Date.now() + 300_000;

test('the measured skew makes a token that the server accepts', async () => {
  const { key, publicKey } = generateKey('ES256');
  const early = await createTokenSource(key, { clock })();
  await expect(verifyToken(early, publicKey)).rejects.toMatchObject({ code: 'AUTH_TOKEN_REFUSED' });

  const { skewMs, uncertaintyMs } = await measureSkew({ url, clock });
  const token = await createTokenSource(key, { clock, skewMs: skewMs + uncertaintyMs })();
  expect((await verifyToken(token, publicKey)).objections).toEqual([]);
});

test('the skew compares the middle of the second in Date with the middle of the round trip', () => {
  expect(
    skewOf('Mon, 24 Nov 2025 16:00:00 GMT', { sentAt: 1_764_000_000_000, receivedAt: 1_764_000_003_000 }),
  ).toEqual({
    skewMs: 1000,
    uncertaintyMs: 2000,
  });
});

test.for([null, undefined, '', 'noon'])('a Date header of %j is refused', (date) => {
  expect(() => skewOf(date, { sentAt: 0, receivedAt: 0 })).toThrow(
    expect.objectContaining({ code: 'AUTH_SERVER_TIME_UNKNOWN' }),
  );
});

test('a response without a date is refused', async () => {
  withDate = false;
  await expect(measureSkew({ url })).rejects.toMatchObject({ code: 'AUTH_SERVER_TIME_UNKNOWN' });
  withDate = true;
});

test('a server that does not answer is refused', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => {
    closed.listen(0, '127.0.0.1', resolve);
  });
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => {
    closed.close(resolve);
  });
  await expect(measureSkew({ url: `http://127.0.0.1:${port}/` })).rejects.toMatchObject({
    code: 'AUTH_SERVER_TIME_UNKNOWN',
  });
});

test('a redirect is not followed, to http neither, and its own Date is used', async () => {
  const asked: string[] = [];
  const redirecting = createServer((request, response) => {
    asked.push(request.url ?? '');
    const date = new Date(Date.now() - 30_000).toUTCString();
    response.writeHead(302, { date, location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => {
    redirecting.listen(0, '127.0.0.1', resolve);
  });
  const { port } = redirecting.address() as AddressInfo;
  const { skewMs } = await measureSkew({ url: `http://127.0.0.1:${port}/` });
  expect(Math.abs(skewMs - 30_000)).toBeLessThanOrEqual(2000);
  expect(asked).toEqual(['/']);
  redirecting.closeAllConnections();
  redirecting.close();
});

test('a signal aborts a measurement', async () => {
  const given = measureSkew({ url, signal: AbortSignal.abort() });
  await expect(given).rejects.toMatchObject({ name: 'AbortError' });
});

test('a measurement times out when the server accepts and never answers', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => {
    silent.listen(0, '127.0.0.1', resolve);
  });
  const { port } = silent.address() as AddressInfo;
  await expect(measureSkew({ url: `http://127.0.0.1:${port}/`, timeoutMs: 50 })).rejects.toMatchObject({
    code: 'AUTH_SERVER_TIME_UNKNOWN',
  });
  silent.closeAllConnections();
  silent.close();
});
