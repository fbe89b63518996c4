import { inspect } from 'node:util';
import {
  type FeedItem,
  type FeedOptions,
  type LogEntry,
  MARKET_URL,
  openFeed,
  USER_URL,
} from '@feedtape/client';
import { expect, test } from 'vitest';
import { run } from '../collected.ts';
import { encodings, findQuotations } from './quotations.ts';
import { SimulatedClock } from '../simulated-clock.ts';
import { beatForever, loyal, serve, Stage, type StageSocket } from '../stage.ts';

const KEY_ID = '7d6a3c5e-90b1-4f2d-8c37-5e1f0a9b2d64';
const KEY_NAME = `organizations/0f9e8d7c-6b5a-4c3d-92e1-f0a1b2c3d4e5/apiKeys/${KEY_ID}`;
const ACCOUNT = '5a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d';
const PASSWORD = 'correct-horse-battery';

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as `@feedtape/auth` makes them, with a signature that anybody could make. */
function tokenOf(serial: number): string {
  const nonce = (0xa5a5_0000_0000 + serial).toString(16).repeat(3);
  const head = base64url({ alg: 'ES256', typ: 'JWT', kid: KEY_NAME, nonce });
  const claims = base64url({
    sub: KEY_NAME,
    iss: 'cdp',
    nbf: 1_790_000_000 + serial,
    exp: 1_790_000_120 + serial,
  });
  return `${head}.${claims}.${Buffer.from(`signature ${serial} `.repeat(4)).toString('base64url')}`;
}

/** What a feed told of a server, frames' own bytes left out. */
function told(items: readonly FeedItem[], log: readonly LogEntry[], ended: unknown): string {
  const shown = items.map((item) =>
    item.kind === 'frame' ? { ...item, channel: item.channel, peeked: item.peeked, bytes: undefined } : item,
  );
  return [
    JSON.stringify(shown),
    JSON.stringify(log),
    inspect(ended, { depth: 9 }),
    inspect(shown, { depth: 9 }),
  ].join('\n');
}

/** Everything a server can put a text into. */
function quoteEverywhere(socket: StageSocket, text: string): void {
  socket.error(`bad token ${text}`);
  socket.error(text);
  socket.frame(text, []);
  socket.frame(text.slice(0, 90), [{ type: 'snapshot', product_id: text }]);
  socket.frame('l2_data', [{ type: 'snapshot', product_id: text, updates: [] }]);
  socket.frame('subscriptions', [{ subscriptions: { [text]: [text], level2: ['BTC-USD', text] } }]);
  socket.text(text);
}

test.for(Object.entries(encodings))(
  'a secret that the server quotes back is in no item, log entry or error: %s',
  async ([, encode]) => {
    const log: LogEntry[] = [];
    const tokens: string[] = [];
    let opened = 0;
    const { clock, stage, items, ended } = run(
      {
        url: `ws://recorder:${PASSWORD}@127.0.0.1:1`,
        subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }, { channel: 'user' }],
        token: async () => {
          tokens.push(tokenOf(tokens.length));
          return tokens.at(-1) ?? '';
        },
        log: (entry) => log.push(entry),
        maxAttempts: 4,
      },
      (socket) => {
        opened += 1;
        const secrets = [...tokens.slice(0, 3), KEY_ID, ACCOUNT, PASSWORD].map(encode);
        const [first = ''] = secrets;
        if (opened > 3) {
          socket.fail({
            code: 'WS_ERR_HANDSHAKE',
            message: first,
            cause: new Error(`header ${secrets.join(' ')}`),
          });
          return;
        }
        socket.answer = (answered, request) => {
          serve(answered, request);
          if (request.channel === 'user')
            answered.frame('subscriptions', [{ subscriptions: { user: [ACCOUNT] } }]);
        };
        socket.open({ date: `Mon, 30 Nov 2026 12:00:00 GMT (${first})` });
      },
    );
    await clock.pass(3_000);
    expect(tokens.length).toBeGreaterThan(2);
    for (const socket of stage.live) {
      const quoted = [...tokens, ...tokens.flatMap((token) => token.split('.')), KEY_ID, ACCOUNT, PASSWORD];
      for (const secret of quoted) quoteEverywhere(socket, encode(secret));
      // A close reason has 123 bytes.
      const reason = encode(tokens[0] ?? '').slice(0, 100);
      socket.end(4000, reason);
    }
    await clock.pass(300_000);
    expect(ended()).toMatchObject({ code: 'CLIENT_GAVE_UP' });
    // Printed as JSON, a backslash is two.
    const all = told(items, log, ended()).replaceAll('\\\\', '\\');
    expect(all).toContain('[redacted]');
    expect(findQuotations(all, [...tokens, KEY_ID, ACCOUNT, PASSWORD, KEY_NAME])).toEqual([]);
  },
);

test('a token that this feed never sent is hidden by its shape', async () => {
  const { clock, stage, of } = run({ subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }] });
  await clock.pass(1_000);
  for (const encode of Object.values(encodings)) stage.last.error(`bad token ${encode(tokenOf(77))}!`);
  await clock.pass(10);
  expect(of('rejected').map(({ message }) => message)).toEqual(
    Object.keys(encodings).map(() => 'bad token [redacted]!'),
  );
});

test('what the exchange says in its own words stays as it is', async () => {
  const { clock, stage, of } = run({
    subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }],
    token: async () => tokenOf(1),
  });
  await clock.pass(1_000);
  const messages = [
    'rate limit exceeded',
    'BTC-USD,ETH-USD is not a valid product, see https://docs.cdp.coinbase.com/advanced-trade/docs/ws-overview',
    'organizations and apiKeys are words',
    'request 0123456789abcdef0123456789abcdef0123456789abcdef failed',
  ];
  for (const message of messages) stage.last.error(message);
  await clock.pass(10);
  expect(of('rejected').map(({ message }) => message)).toEqual(messages);
});

test('a frame reports whether it quotes a secret; market frames do not', async () => {
  const sent: string[] = [];
  const { clock, stage, of } = run({
    subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }],
    token: async () => {
      sent.push(tokenOf(sent.length));
      return sent.at(-1) ?? '';
    },
  });
  await clock.pass(3_000);
  expect(of('frame').length).toBeGreaterThan(3);
  expect(of('frame').filter(({ quotesSecret }) => quotesSecret)).toEqual([]);
  const before = of('frame').length;
  for (const encode of Object.values(encodings)) {
    stage.last.text(JSON.stringify({ type: 'error', message: encode(sent[0] ?? '') }));
    // The signature alone is shaped like nothing.
    stage.last.text(
      JSON.stringify({ channel: encode(sent[0]?.split('.')[2] ?? ''), sequence_num: 99, events: [] }),
    );
  }
  stage.last.update('BTC-USD');
  await clock.pass(10);
  expect(
    of('frame')
      .slice(before)
      .map(({ quotesSecret }) => quotesSecret),
  ).toEqual([...Object.keys(encodings).flatMap(() => [true, true]), false]);
});

test('a text of 16 MiB made to be slow is decoded, looked through and hidden in less than ten seconds', async () => {
  const { clock, stage, of } = run({
    subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }],
    token: async () => tokenOf(1),
  });
  await clock.pass(1_000);
  for (const piece of ['eyJ', 'a.', '%65', '\\\\u0065', 'ZXlK', '=', '65794a']) {
    const began = performance.now();
    stage.last.error(piece.repeat(2 ** 24 / piece.length));
    await clock.pass(10);
    expect(of('frame').at(-1)?.quotesSecret).toBe(true);
    expect([piece, performance.now() - began < 10_000]).toEqual([piece, true]);
  }
});

test('the token source gets the URL of the request without its secrets', async () => {
  const asked: unknown[] = [];
  const { clock } = run({
    url: 'ws://recorder:password@127.0.0.1:1/feed?key=secret',
    subscriptions: [{ channel: 'user' }],
    token: async (request) => {
      asked.push(request);
      return 'token';
    },
  });
  await clock.pass(1_000);
  expect(asked[0]).toEqual({ connection: 0, url: 'ws://127.0.0.1:1/feed' });
});

/** The addresses that are dialled while nobody answers. */
async function dialled(options: Pick<FeedOptions, 'url' | 'userUrl'>): Promise<ReadonlySet<string>> {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, (socket) => socket.fail({ code: 'ECONNREFUSED', message: 'refused' }));
  const subscriptions = [{ channel: 'user' }] as const;
  const feed = openFeed({ subscriptions, token: async () => 'token', transport: stage, clock, ...options });
  void feed.consume(() => {});
  await clock.pass(200_000);
  await feed.close();
  return new Set(stage.sockets.map(({ url }) => url));
}

test('private channels fail over between the production endpoints or those of the options only', async () => {
  const [market, user] = [`${MARKET_URL}/`, `${USER_URL}/`];
  expect(await dialled({})).toEqual(new Set([user, market]));
  expect(await dialled({ url: MARKET_URL, userUrl: USER_URL })).toEqual(new Set([user, market]));
  expect(await dialled({ url: 'wss://other.example', userUrl: USER_URL })).toEqual(new Set([user]));
  expect(await dialled({ url: MARKET_URL, userUrl: 'wss://other.example' })).toEqual(
    new Set(['wss://other.example/']),
  );
  expect(await dialled({ url: 'wss://a.example', userUrl: 'wss://b.example' })).toEqual(
    new Set(['wss://b.example/']),
  );
  const both = await dialled({ url: 'wss://a.example', userUrl: ['wss://b.example', 'wss://a.example'] });
  expect(both).toEqual(new Set(['wss://b.example/', 'wss://a.example/']));
});

test('a server without private channels gets no token', async () => {
  const subscriptions = [{ channel: 'level2', productIds: ['BTC-USD'] }, { channel: 'user' }] as const;
  const signed = async (options: Pick<FeedOptions, 'url' | 'userUrl'>): Promise<readonly string[]> => {
    const { clock, stage } = run({ subscriptions, token: async () => 'token', ...options });
    await clock.pass(3_000);
    const sockets = stage.sockets.filter(({ requests }) => requests.some(({ jwt }) => jwt !== undefined));
    return [...new Set(sockets.map(({ url }) => url))].toSorted();
  };
  const [a, b] = ['wss://a.example/', 'wss://b.example/'];
  expect(await signed({ url: a, userUrl: b })).toEqual([b]);
  expect(await signed({ url: a, userUrl: [b, a] })).toEqual([a, b]);
  expect(await signed({ url: a })).toEqual([a]);
  expect(await signed({ url: 'wss://a.example/market', userUrl: 'wss://a.example/user' })).toHaveLength(2);
  expect(await signed({ url: MARKET_URL })).toEqual([`${USER_URL}/`, `${MARKET_URL}/`].toSorted());
});

const HOUR = 3_600_000;

class WallClock extends SimulatedClock {
  wall(): number {
    return Date.UTC(2026, 10, 30) + this.now();
  }
}

/** A feed of a public and a private channel whose tokens are refused until `acceptedAt`, by a server so far ahead. */
async function refusedFeed(
  aheadMs: number,
  acceptedAt: number,
): Promise<{ served: string[]; code: unknown; at: number[] }> {
  const clock = new WallClock();
  const stage = new Stage(clock, (socket) => {
    socket.answer = (answered, request) =>
      request.jwt === undefined || clock.now() >= acceptedAt
        ? serve(answered, request)
        : answered.error('authentication failure');
    socket.open({ date: new Date(clock.wall() + aheadMs).toUTCString() });
  });
  beatForever(stage);
  let code: unknown;
  const subscriptions = [{ channel: 'level2', productIds: ['BTC-USD'] }, { channel: 'user' }] as const;
  const feed = openFeed({
    url: 'ws://127.0.0.1:1/market',
    userUrl: 'ws://127.0.0.1:1/user',
    subscriptions,
    token: async () => 'token',
    transport: stage,
    clock,
  });
  feed.consume(() => {}).catch((error: { code: unknown }) => (code = error.code));
  await clock.pass(HOUR / 2);
  const at = stage.sockets
    .flatMap(({ requests }) => requests.filter(({ channel }) => channel === 'user'))
    .map((request) => request.at);
  return { served: stage.live.flatMap(({ served }) => [...served.keys()]).toSorted(), code, at };
}

test('while the clock of a server is an hour off and it rejects every token, public channels go on and private ones wait', async () => {
  for (const ahead of [HOUR, -HOUR]) {
    const { served, code, at } = await refusedFeed(ahead, Infinity);
    expect(code).toBeUndefined();
    expect(served).toEqual(['heartbeats', 'heartbeats', 'level2']);
    // Three attempts, half a minute apart, every five minutes.
    expect(at.length).toBeGreaterThan(9);
    expect(at.length).toBeLessThan(18);
  }
});

test('private channels resume when the clocks agree again', async () => {
  const { served, code } = await refusedFeed(HOUR, HOUR / 4);
  expect(code).toBeUndefined();
  expect(served).toEqual(['heartbeats', 'heartbeats', 'level2', 'user']);
});

test('a key rejected by a server with a correct clock ends the feed', async () => {
  expect((await refusedFeed(0, Infinity)).code).toBe('CLIENT_AUTH_FAILED');
});

test('a public channel whose token is rejected is requested without one', async () => {
  const { clock, stage, ended } = run(
    { subscriptions: [{ channel: 'level2', productIds: ['BTC-USD'] }], token: async () => 'bad' },
    (socket) => {
      loyal(socket);
      socket.answer = (answered, request) =>
        request.jwt === undefined ? serve(answered, request) : answered.error('authentication failure');
    },
  );
  await clock.pass(20_000);
  expect([...stage.last.served.keys()].toSorted()).toEqual(['heartbeats', 'level2']);
  expect(ended()).toBeUndefined();
});
