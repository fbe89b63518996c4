import { request } from 'node:http';
import { type Exchange, type FaultRule, startExchange, swarmFaults } from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { connect, subscribe } from './bare-client.ts';

const FAST = {
  seed: 2,
  products: ['BTC-USD'],
  depth: 20,
  speed: 20,
  timings: { intakeMs: 0, snapshotMs: 0 },
};

async function call(
  exchange: Exchange,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${exchange.port}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: await response.json() };
}

test('a rule added over HTTP applies, is listed, and can be removed', async () => {
  await using exchange = await startExchange(FAST);
  await using client = await connect(exchange.url);
  client.send(subscribe('level2', ['BTC-USD']));
  await client.until(5);
  const rule: FaultRule = { fault: { kind: 'drop' }, channel: 'l2_data', every: 3 };
  expect(await call(exchange, 'POST', '/control/faults', rule)).toEqual({ status: 201, body: { id: 0 } });
  expect(await call(exchange, 'GET', '/control/faults')).toEqual({ status: 200, body: [{ id: 0, rule }] });
  await client.until(client.frames.length + 10);
  expect((await call(exchange, 'DELETE', '/control/faults/0')).status).toBe(200);
  expect((await call(exchange, 'DELETE', '/control/faults/0')).status).toBe(404);
  const { dropped } = exchange.ledger.connections[0]!;
  expect(dropped).toBeGreaterThan(2);
  await client.until(client.frames.length + 10);
  expect(exchange.ledger.connections[0]?.dropped).toBe(dropped);
});

test('an injected fault strikes one connection, once, and no later one', async () => {
  await using exchange = await startExchange(FAST);
  await using first = await connect(exchange.url);
  await using second = await connect(exchange.url);
  for (const client of [first, second]) client.send(subscribe('level2', ['BTC-USD']));
  await first.until(3);
  await call(exchange, 'POST', '/control/inject', { fault: { kind: 'close', code: 4001 }, connection: 0 });
  expect(await first.closed).toMatchObject({ code: 4001 });
  exchange.faults.inject({ kind: 'drop' });
  await using third = await connect(exchange.url);
  third.send(subscribe('level2', ['BTC-USD']));
  await third.until(10);
  await second.until(second.frames.length + 10);
  expect(exchange.ledger.connections.map(({ dropped }) => dropped)).toEqual([0, 1, 0]);
});

test('the ledger can be read: counts of all, frames and messages of one', async () => {
  await using exchange = await startExchange({ ...FAST, ledger: { bytes: true } });
  await using client = await connect(exchange.url);
  client.send(subscribe('heartbeats'));
  const [frame] = await client.until(3);
  const all = await call(exchange, 'GET', '/control/ledger');
  expect(all.body).toMatchObject({
    connections: [{ connection: 0, endpoint: 'market', end: null }],
    refused: [],
  });
  const { body } = await call(exchange, 'GET', '/control/ledger/0');
  const page = body as { frames: { bytes: string }[]; received: { text: string }[] };
  expect(Buffer.from(page.frames[0]?.bytes ?? '', 'base64').toString()).toBe(frame?.text);
  expect(page.received).toMatchObject([{ text: '{"type":"subscribe","channel":"heartbeats"}' }]);
  expect((await call(exchange, 'GET', '/control/ledger/1')).status).toBe(404);
});

test('the keys can be fetched', async () => {
  await using exchange = await startExchange(FAST);
  expect((await call(exchange, 'GET', '/control/keys')).body).toEqual(
    exchange.keys.map(({ algorithm, json }) => ({ algorithm, ...json })),
  );
});

test.for([
  [{ fault: { kind: 'explode' } }, 'kind'],
  [{ fault: { kind: 'delay' } }, 'ms'],
  [{ fault: { kind: 'close', code: 1006 } }, '1007'],
  [{ fault: { kind: 'drop' }, chance: 2 }, 'chance'],
  [{ fault: { kind: 'drop' }, sometimes: true }, 'sometimes'],
  [{ fault: { kind: 'drop', toString: 1 } }, 'toString'],
  [[], 'rule'],
] as const)('a rule that makes no sense is refused: %j', async ([rule, mention]) => {
  await using exchange = await startExchange(FAST);
  const { status, body } = await call(exchange, 'POST', '/control/faults', rule);
  expect(status).toBe(400);
  expect(body).toMatchObject({ code: 'SIMULATOR_FAULT_INVALID', error: expect.stringContaining(mention) });
  await expect(startExchange({ ...FAST, faults: [rule as unknown as FaultRule] })).rejects.toMatchObject({
    code: 'SIMULATOR_FAULT_INVALID',
  });
});

test.for([
  [{ Host: 'evil.example' }, 403],
  [{ Host: 'evil.example:80' }, 403],
  [{ 'Content-Type': 'text/plain' }, 415],
] as const)('a browser gets nowhere: %j is answered with %i', async ([headers, status]) => {
  await using exchange = await startExchange(FAST);
  const answered = await new Promise<number | undefined>((resolve, reject) => {
    request({ port: exchange.port, host: '127.0.0.1', method: 'POST', path: '/control/faults', headers })
      .on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .on('error', reject)
      .end('{}');
  });
  expect(answered).toBe(status);
  expect(exchange.faults.rules).toEqual([]);
});

/** Which faults exist in the world of a seed. */
const kinds = (seed: number): string =>
  swarmFaults(seed)
    .map(({ fault }) => fault.kind)
    .join();

test('the seed chooses the faults of a swarm', () => {
  const worlds = new Set(Array.from({ length: 50 }, (_, seed) => kinds(seed)));
  expect(worlds.size).toBe(50);
  expect(swarmFaults(4)).toEqual(swarmFaults(4));
  const everything = new Set([...worlds].flatMap((world) => world.split(',')));
  expect(everything.size).toBe(22);
});

test('an occupied port is refused with SIMULATOR_PORT_UNAVAILABLE', async () => {
  await using exchange = await startExchange(FAST);
  await expect(startExchange({ ...FAST, port: exchange.port })).rejects.toMatchObject({
    code: 'SIMULATOR_PORT_UNAVAILABLE',
    details: { port: exchange.port },
  });
});

test.for([{ seed: -1 }, { depth: 1 }, { speed: 0 }, { rate: Infinity }, { products: ['BTC USD'] }])(
  'an option that makes no sense is refused: %j',
  async (options) => {
    await expect(startExchange({ ...FAST, ...options })).rejects.toMatchObject({
      code: 'SIMULATOR_OPTION_INVALID',
      details: { option: Object.keys(options)[0] },
    });
  },
);
