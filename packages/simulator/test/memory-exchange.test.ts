import { createHash } from 'node:crypto';
import {
  createMemoryExchange,
  createVirtualClock,
  type MemoryOptions,
  type MemorySocketListener,
} from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { subscribe } from './bare-client.ts';

const PRODUCTS = ['BTC-USD', 'ETH-USD'];

/** Everything a client was told, in order, with the time it was told. */
function notebook(now: () => number): { lines: string[]; listener: MemorySocketListener } {
  const lines: string[] = [];
  const note = (text: string): number => lines.push(`${now()} ${text}`);
  return {
    lines,
    listener: {
      onOpen: ({ headers }) => note(`open ${headers?.['date']}`),
      onFrame: (bytes, binary) => note(`${binary ? 'binary' : 'text'} ${Buffer.from(bytes).toString()}`),
      onClose: (code, reason) => note(`close ${code} ${reason}`),
      onError: ({ code, status, retryAfterMs }) => note(`error ${code} ${status} ${retryAfterMs}`),
    },
  };
}

async function dial(options: Partial<MemoryOptions> = {}) {
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({ seed: 3, products: PRODUCTS, depth: 40, clock, ...options });
  const { lines, listener } = notebook(() => clock.now());
  const socket = exchange.transport.open(exchange.url, {}, listener);
  await clock.advance(0);
  return { clock, exchange, lines, socket };
}

const closing = (lines: readonly string[]): string | undefined =>
  lines.find((line) => line.includes(' close '));

async function tenSeconds(seed: number): Promise<string[]> {
  const { clock, lines, socket } = await dial({ seed });
  for (const channel of ['level2', 'market_trades', 'ticker'])
    socket.send(JSON.stringify(subscribe(channel, PRODUCTS)));
  socket.send(JSON.stringify(subscribe('heartbeats')));
  await clock.advance(10_000);
  return lines;
}

test('two runs of ten simulated seconds are identical to the byte and the millisecond', async () => {
  const first = await tenSeconds(21);
  expect(first.length).toBeGreaterThan(400);
  expect(await tenSeconds(21)).toEqual(first);
  expect(await tenSeconds(22)).not.toEqual(first);
});

test('a seed gives the frames of earlier releases, on every version of Node', async () => {
  const text = (await tenSeconds(21)).join('\n');
  // Changed on purpose only, and then told to users: their tests may lean on what a seed gives.
  expect(createHash('sha256').update(text).digest('hex')).toBe(
    '2ef1bfdd5db936f3efe64867af43115b44c03023492cf537afeb59e2112267e2',
  );
});

test('eight connections a second; the ninth is told how long to wait, and then let in', async () => {
  const { clock, exchange } = await dial();
  const open = (): string[] => {
    const { lines, listener } = notebook(() => clock.now());
    exchange.transport.open(exchange.url, {}, listener);
    return lines;
  };
  const opened = Array.from({ length: 8 }, open);
  await clock.advance(0);
  expect(opened.map(([line]) => line?.split(' ')[1])).toEqual([
    ...Array.from({ length: 7 }, () => 'open'),
    'error',
  ]);
  expect(opened[7]).toEqual(['0 error HTTP_429 429 1000', '0 close 1006 ']);
  await clock.advance(1_000);
  const late = open();
  await clock.advance(0);
  expect(late[0]).toMatch(/^1000 open /);
});

test('a connection without a subscription is closed after five seconds', async () => {
  const { clock, lines } = await dial();
  await clock.advance(4_999);
  expect(lines).toEqual(['0 open Wed, 30 Sep 2026 02:39:53 GMT']);
  await clock.advance(1);
  expect(lines.at(-1)).toBe('5000 close 1000 ');
});

test('a connection without updates is cut after 60 to 90 seconds; heartbeats keep it', async () => {
  const quiet = await dial();
  quiet.socket.send(JSON.stringify(subscribe('status', PRODUCTS)));
  await quiet.clock.advance(31_500);
  expect(quiet.lines.filter((line) => line.includes('"type":"update"'))).toHaveLength(2);
  await quiet.clock.advance(200_000);
  const closedAt = Number.parseFloat(closing(quiet.lines) ?? '0');
  expect(closing(quiet.lines)).toMatch(/ close 1006 $/);
  expect(closedAt).toBeGreaterThan(31_400 + 60_000);
  expect(closedAt).toBeLessThan(31_500 + 90_000);

  const kept = await dial();
  kept.socket.send(JSON.stringify(subscribe('heartbeats')));
  await kept.clock.advance(200_000);
  expect(closing(kept.lines)).toBeUndefined();
});

test('a paused client receives nothing, and the waiting frames in order when it resumes', async () => {
  const { clock, lines, socket } = await dial();
  socket.send(JSON.stringify(subscribe('level2', PRODUCTS)));
  await clock.advance(500);
  socket.pause();
  const before = lines.length;
  await clock.advance(1_000);
  expect(lines).toHaveLength(before);
  socket.resume();
  const numbers = lines.slice(1).map((line) => Number(/"sequence_num":(\d{1,9})/.exec(line)?.[1]));
  expect(numbers.length).toBeGreaterThan(before + 20);
  expect(numbers).toEqual([...numbers.keys()]);
});

test('a client that pauses for good is cut when 64 MiB wait for it', async () => {
  const { clock, exchange, lines, socket } = await dial({ limits: { bufferedBytes: 100_000 } });
  socket.send(JSON.stringify(subscribe('level2', PRODUCTS)));
  await clock.advance(500);
  socket.pause();
  await clock.advance(20_000);
  expect(exchange.ledger.connections[0]?.end).toMatchObject({ why: 'the client reads too slowly' });
  socket.resume();
  await clock.advance(0);
  expect(lines.at(-1)).toMatch(/ close 1006 $/);
});

test('faults of the handshake come as errors', async () => {
  const { lines } = await dial({
    faults: [{ fault: { kind: 'handshake', status: 503, retryAfterSeconds: 4 } }],
  });
  expect(lines).toEqual(['0 error HTTP_503 503 4000', '0 close 1006 ']);
});

test('a half-open connection ends only when the client gives up', async () => {
  const { clock, exchange, lines, socket } = await dial();
  socket.send(JSON.stringify(subscribe('heartbeats')));
  await clock.advance(3_000);
  exchange.faults.inject({ kind: 'half-open' });
  const before = lines.length;
  socket.close(1000, 'bye');
  await clock.advance(60_000);
  expect(lines).toHaveLength(before);
  socket.terminate();
  await clock.advance(0);
  expect(lines.at(-1)).toMatch(/ close 1006 $/);
});

test('a closed exchange leaves no timer of a half-open connection', async () => {
  const { clock, exchange, lines, socket } = await dial({ latencyMs: 5 });
  await clock.advance(20);
  socket.send(JSON.stringify(subscribe('level2', PRODUCTS)));
  await clock.advance(2_000);
  exchange.faults.inject({ kind: 'half-open' });
  await clock.advance(5_000);
  exchange.close();
  await clock.advance(100);
  expect(clock.pending).toBe(0);
  // No close frame comes out of a dead socket.
  expect(lines.at(-1)).toMatch(/ close 1006 $/);
  expect(exchange.ledger.connections[0]?.end).toMatchObject({ by: 'exchange', why: 'the exchange closes' });
});

test('a client that closes a half-open connection leaves no timer', async () => {
  const { clock, exchange, socket } = await dial();
  socket.send(JSON.stringify(subscribe('level2', PRODUCTS)));
  await clock.advance(2_000);
  exchange.faults.inject({ kind: 'half-open' });
  socket.terminate();
  await clock.advance(100);
  expect(exchange.ledger.connections[0]?.end).toMatchObject({ by: 'client' });
  expect(clock.pending).toBe(0);
});

test("startAt 'now': what is sent shows the wall clock, however long the exchange waited for its first client", async () => {
  const clock = createVirtualClock();
  const wallNow = (): number => 1_800_000_000_000 + clock.now();
  const exchange = createMemoryExchange({ products: PRODUCTS, depth: 40, clock, startAt: 'now', wallNow });
  await clock.advance(60_321);
  const lags: number[] = [];
  const socket = exchange.transport.open(
    exchange.url,
    {},
    {
      onOpen() {},
      onError() {},
      onClose() {},
      onFrame(bytes) {
        const shown = /"timestamp":"([^"]{1,30})"/.exec(Buffer.from(bytes).toString())?.[1] ?? '';
        lags.push(wallNow() - Date.parse(shown));
      },
    },
  );
  await clock.advance(0);
  socket.send(JSON.stringify(subscribe('level2', PRODUCTS)));
  await clock.advance(5_000);
  expect(lags.length).toBeGreaterThan(150);
  // A frame may show up to 2 ms more than it is: what follows in the same instant is told apart by that.
  expect(Math.min(...lags)).toBeGreaterThan(-2);
  expect(Math.max(...lags)).toBeLessThan(2);
});

test('a closed exchange leaves no timers', async () => {
  const { clock, exchange, lines, socket } = await dial();
  socket.send(JSON.stringify(subscribe('level2', PRODUCTS)));
  await clock.advance(2_000);
  exchange.close();
  await clock.advance(0);
  expect(lines.at(-1)).toBe('2000 close 1001 ');
  expect(clock.pending).toBe(0);
});
