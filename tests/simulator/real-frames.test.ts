// @module-tag slow

import { readFile } from 'node:fs/promises';
import { createTokenSource, readKey } from '@feedtape/auth';
import { decode } from '@feedtape/protocol';
import { createMemoryExchange, createVirtualClock } from '@feedtape/simulator';
import { beforeAll, describe, expect, test } from 'vitest';

// Is what the simulator sends what the real exchange sent? The recorded session of 2026-09-30 and the single
// frames that other people published are the measure, key by key and form by form.

const FRAMES = new URL('../../packages/protocol/test/frames/', import.meta.url);
const PRODUCTS = ['BTC-USD', 'ETH-USD'];
const SEEDS = [1, 2, 3, 4, 5];

/** `{channel:string,sequence_num:int,events:[…]}`: keys in their order, and the form of every value. */
function shapeOf(value: unknown): string {
  if (typeof value === 'string') return formOf(value);
  if (Array.isArray(value)) {
    const shapes = [...new Set(value.map(shapeOf))].toSorted();
    return `[${shapes.join('|')}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, each]) => `${key}:${shapeOf(each)}`);
    return `{${fields.join(',')}}`;
  }
  return Number.isInteger(value) ? 'integer' : typeof value;
}

const DECIMAL = /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/;
/** Fractions of 0 to 9 digits with trailing zeros cut; microseconds are the same with 6. */
const NANOSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z$/;
const GO_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{0,8}[1-9])? \+0000 UTC m=\+\d+\.\d{9}$/;

function formOf(text: string): string {
  if (DECIMAL.test(text)) return 'decimal';
  if (NANOSECONDS.test(text)) return 'time';
  if (GO_TIME.test(text)) return 'go-time';
  if (/^[A-Z0-9]{2,10}-[A-Z]{2,5}$/.test(text)) return 'product';
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return 'uuid';
  return ['BUY', 'SELL'].includes(text) ? 'side' : JSON.stringify(text);
}

/** The shape, for telling frames of one kind from those of another. */
function kindOf(text: string): string {
  const { channel, events } = JSON.parse(text) as { channel?: string; events?: { type?: string }[] };
  return [channel ?? 'error', events?.[0]?.type].filter(Boolean).join(' ');
}

async function recordedSession(): Promise<string[]> {
  const file = new URL('btc-eth-level2-trades-heartbeats.2026-09-30.tsv', FRAMES);
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => line.slice(line.indexOf('\t') + 1));
}

async function singleFrames(group: string): Promise<string[]> {
  const lines = (await readFile(new URL('single-frames.ndjson', FRAMES), 'utf8')).trimEnd().split('\n');
  return lines
    .map((line) => JSON.parse(line) as { group: string | null; note: string; frame: unknown })
    .filter((each) => each.group === group || each.note.startsWith(group))
    .map(({ frame }) => JSON.stringify(frame));
}

interface Scene {
  readonly seed: number;
  readonly channels: readonly (readonly [string, boolean])[];
  readonly user?: boolean;
  readonly openOrders?: number;
  readonly ms: number;
}

/** What a client gets that sends these requests in one burst. */
async function simulated({ seed, channels, user = false, openOrders = 3, ms }: Scene): Promise<string[]> {
  const clock = createVirtualClock();
  const exchange = createMemoryExchange({ seed, products: PRODUCTS, depth: 300, openOrders, clock });
  const texts: string[] = [];
  const socket = exchange.transport.open(
    user ? exchange.userUrl : exchange.url,
    {},
    {
      onOpen() {},
      onError() {},
      onClose() {},
      onFrame: (bytes) => texts.push(Buffer.from(bytes).toString()),
    },
  );
  await clock.advance(0);
  const [key] = exchange.keys;
  const token = createTokenSource(readKey({ json: JSON.stringify(key?.json) }), {
    clock: () => Date.parse('2026-09-30T02:39:53Z'),
  });
  for (const [channel, hasProducts] of channels) {
    const jwt = await token();
    const products = hasProducts ? { product_ids: PRODUCTS } : {};
    socket.send(JSON.stringify({ type: 'subscribe', channel, ...products, jwt }));
  }
  await clock.advance(ms);
  exchange.close();
  return texts;
}

const outline = (text: string): string => {
  const product = /"product_id":"([A-Z-]{1,20})"/.exec(text)?.[1] ?? '';
  return `${/"sequence_num":(\d{1,9})/.exec(text)?.[1]} ${kindOf(text)} ${product}`;
};

const acknowledgements = (texts: readonly string[]): string[] =>
  texts
    .filter((text) => text.includes('"subscriptions"'))
    .map((text) => text.slice(text.indexOf('"events"')));

const shapesOf = (texts: readonly string[]): Map<string, Set<string>> => {
  const found = new Map<string, Set<string>>();
  for (const text of texts) {
    const kind = kindOf(text);
    found.set(kind, (found.get(kind) ?? new Set()).add(shapeOf(JSON.parse(text))));
  }
  return found;
};

const checkLevels = (text: string): void => {
  const { events } = JSON.parse(text) as {
    events: { updates: { side: string; price_level: string; event_time: string }[] }[];
  };
  const updates = events[0]?.updates ?? [];
  const prices = (side: string): number[] =>
    updates.filter((each) => each.side === side).map((each) => Number(each.price_level));
  expect(updates.map(({ side }) => side)).toEqual([
    ...prices('bid').map(() => 'bid'),
    ...prices('offer').map(() => 'offer'),
  ]);
  expect(prices('bid')).toEqual([...new Set(prices('bid'))].toSorted((a, b) => b - a));
  expect(prices('offer')).toEqual([...new Set(prices('offer'))].toSorted((a, b) => a - b));
  expect(new Set(updates.map(({ event_time: time }) => time)).size).toBe(1);
};

const books = (texts: readonly string[]): string[] => texts.filter((text) => text.includes('"l2_data"'));

const RECORDED_REQUESTS = [
  ['level2', true],
  ['market_trades', true],
  ['heartbeats', false],
] as const;
const EVERYTHING = [
  ...RECORDED_REQUESTS,
  ['ticker', true],
  ['ticker_batch', true],
  ['candles', true],
  ['status', true],
  ['user', false],
  ['futures_balance_summary', false],
] as const;

describe('the recorded session', () => {
  let real: string[] = [];
  beforeAll(async () => {
    real = await recordedSession();
  });

  test.for(SEEDS)(
    'the first twelve frames are of the same kinds in the same order (seed %i)',
    async (seed) => {
      const frames = await simulated({ seed, channels: RECORDED_REQUESTS, ms: 2_000 });
      expect(frames.slice(0, 12).map(outline)).toEqual(real.slice(0, 12).map(outline));
    },
  );

  test('acknowledgements are the same but for number and time', async () => {
    const frames = await simulated({ seed: 1, channels: RECORDED_REQUESTS, ms: 2_000 });
    expect(acknowledgements(frames)).toEqual(acknowledgements(real));
  });

  test.for(SEEDS)('keys, their order and the forms of values are the same (seed %i)', async (seed) => {
    const frames = await simulated({ seed, channels: RECORDED_REQUESTS, ms: 20_000 });
    const ours = shapesOf(frames);
    // An update may touch one side or both; each of our shapes must be one that was seen.
    for (const [kind, seen] of shapesOf(real))
      expect(seen).toEqual(new Set([...seen, ...(ours.get(kind) ?? [`no ${kind}`])]));
  });

  test('no byte differs between a frame and what JSON.stringify makes of it', async () => {
    for (const text of await simulated({ seed: 1, channels: EVERYTHING, ms: 20_000 }))
      expect(JSON.stringify(JSON.parse(text))).toBe(text);
  });

  // oxlint-disable-next-line vitest/expect-expect -- checkLevels expects
  test('levels: bids from the best down, then offers from the best up, one entry a price, one time a frame', async () => {
    for (const text of books(real)) checkLevels(text);
    for (const text of books(await simulated({ seed: 8, channels: RECORDED_REQUESTS, ms: 60_000 })))
      checkLevels(text);
  });
});

describe('single frames that were published', () => {
  test('the user endpoint begins as it was seen, client_id and all', async () => {
    const real = await singleFrames('fastmm-user-2026-09-30');
    const frames = await simulated({
      seed: 1,
      user: true,
      openOrders: 0,
      channels: [
        ['user', false],
        ['heartbeats', false],
      ],
      ms: 1_000,
    });
    const first = [frames[0], frames[1], frames.find((text) => kindOf(text) === 'heartbeats')];
    expect(first.map((text) => shapeOf(JSON.parse(text ?? '')))).toEqual(
      real.map((text) => shapeOf(JSON.parse(text))),
    );
  });

  test('an update of candles', async () => {
    const [real = ''] = await singleFrames('candles update');
    const frames = await simulated({ seed: 1, channels: [['candles', true]], ms: 10_000 });
    const update = frames.find((text) => kindOf(text) === 'candles update') ?? '';
    // The published frame is of 2024, when the market endpoint still sent client_id.
    expect(shapeOf(JSON.parse(update))).toBe(shapeOf(JSON.parse(real)).replace('client_id:"",', ''));
  });

  test('error replies', async () => {
    const lines = (await readFile(new URL('errors.ndjson', FRAMES), 'utf8')).trimEnd().split('\n');
    const real = lines.map((line) => JSON.stringify((JSON.parse(line) as { frame: unknown }).frame));
    const clock = createVirtualClock();
    const exchange = createMemoryExchange({ clock, products: PRODUCTS, limits: { level2Products: 1 } });
    const texts: string[] = [];
    const socket = exchange.transport.open(
      exchange.url,
      {},
      {
        onOpen() {},
        onError() {},
        onClose() {},
        onFrame: (bytes) => texts.push(Buffer.from(bytes).toString()),
      },
    );
    await clock.advance(0);
    socket.send(JSON.stringify({ type: 'subscribe', channel: 'full' }));
    socket.send(JSON.stringify({ type: 'subscribe', channel: 'level2', product_ids: PRODUCTS }));
    await clock.advance(1_000);
    expect(texts).toEqual(real);
  });
});

test.for([true, false])(
  'every frame of every channel passes our schemas (user endpoint: %s)',
  async (user) => {
    const channels = user
      ? EVERYTHING.filter(([channel]) => ['user', 'heartbeats', 'futures_balance_summary'].includes(channel))
      : EVERYTHING;
    const kinds = new Set<string>();
    const strangers: unknown[] = [];
    for (const seed of SEEDS) {
      for (const text of await simulated({ seed, channels, user, openOrders: 60, ms: 40_000 })) {
        const decoded = decode(text, { validate: true });
        if (decoded.kind !== 'message') strangers.push({ decoded, text: text.slice(0, 500) });
        kinds.add(kindOf(text));
      }
    }
    expect(strangers).toEqual([]);
    expect(kinds.size).toBe(user ? 6 : 18);
  },
);
