import { type ClientError, defaultBackoff } from '@feedtape/client';
import { expect, test } from 'vitest';
import {
  type ConnectionEnd,
  type RetryAction,
  retryDelayMs,
  retryRuleFor,
  retryRules,
} from '#shard/retry-policy';
import { retryAfter } from '#transport/ws-transport';
import { LEVEL2, run } from '../collected.ts';
import { loyal } from '../stage.ts';

const close = (code: number): ConnectionEnd => ({ code, reason: '' });
const status = (http: number, retryAfterMs?: number): ConnectionEnd => ({
  code: 1006,
  reason: '',
  failure: {
    code: `HTTP_${http}`,
    status: http,
    message: '',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  },
});
const failure = (code: string): ConnectionEnd => ({
  code: 1006,
  reason: '',
  failure: { code, message: code },
});

const MATRIX: readonly (readonly [string, ConnectionEnd, RetryAction])[] = [
  ['1000', close(1000), 'retry'],
  ['1001', close(1001), 'retry'],
  ['1002', close(1002), 'retry-slowly'],
  ['1003', close(1003), 'retry-slowly'],
  ['1006', close(1006), 'retry'],
  ['1007', close(1007), 'retry-slowly'],
  ['1008', close(1008), 'retry-slowly'],
  ['1009', close(1009), 'retry-slowly'],
  ['1011', close(1011), 'retry'],
  ['1012', close(1012), 'retry-slowly'],
  ['1013', close(1013), 'retry-slowly'],
  ['1015', close(1015), 'retry-slowly'],
  ['4000', close(4000), 'retry'],
  ['HTTP 301', status(301), 'stop'],
  ['HTTP 400', status(400), 'stop'],
  ['HTTP 401', status(401), 'authenticate'],
  ['HTTP 403', status(403), 'authenticate'],
  ['HTTP 404', status(404), 'stop'],
  ['HTTP 429', status(429), 'retry-slowly'],
  ['HTTP 500', status(500), 'retry'],
  ['HTTP 503', status(503), 'retry'],
  ['ENOTFOUND', failure('ENOTFOUND'), 'retry'],
  ['ECONNREFUSED', failure('ECONNREFUSED'), 'retry'],
  ['ETIMEDOUT', failure('ETIMEDOUT'), 'retry'],
  ['certificate expired', failure('CERT_HAS_EXPIRED'), 'stop'],
  ['certificate for another host', failure('ERR_TLS_CERT_ALTNAME_INVALID'), 'stop'],
  ['certificate self-signed', failure('DEPTH_ZERO_SELF_SIGNED_CERT'), 'stop'],
  ['broken protocol', failure('WS_ERR_INVALID_UTF8'), 'retry-slowly'],
];

/** Waits before the next attempt, half of the ceiling each because chance is 0.5 here, and how the feed ends. */
const OUTCOMES: { readonly [R in RetryAction]: object } = {
  retry: { waits: [2_500, 2_500, 2_500, 4_000, 8_000, 15_000], code: undefined },
  'retry-slowly': { waits: [17_500, 17_500, 17_500, 17_500, 17_500, 17_500], code: undefined },
  authenticate: { waits: [30_000, 30_000, undefined], code: 'CLIENT_AUTH_FAILED' },
  stop: { waits: [undefined], code: 'CLIENT_GAVE_UP' },
};

test.for(MATRIX)('%s: exactly one retry rule', ([, ending, action]) => {
  expect(retryRuleFor(ending).action).toBe(action);
});

test.for(MATRIX)('%s: a feed does what its rule says', async ([, ending, action]) => {
  const { clock, stage, of, ended } = run({ subscriptions: LEVEL2 }, (socket) => {
    if (ending.failure !== undefined) socket.fail(ending.failure);
    else {
      socket.open();
      socket.end(ending.code);
    }
  });
  await clock.pass(600_000);
  const waits = of('disconnected').map(({ retryInMs }) => retryInMs);
  expect({ waits: waits.slice(0, 6), code: (ended() as ClientError | undefined)?.code }).toEqual(
    OUTCOMES[action],
  );
  expect(Math.max(...waits.map((wait = 0) => wait))).toBeLessThanOrEqual(30_000);
  expect(stage.twoAtOnce).toBe(0);
});

test('a URL that has worked is not given up for an answer that may pass', async () => {
  const { clock, stage, ended } = run({ subscriptions: LEVEL2 }, (socket) => {
    if (stage.sockets.length === 2) socket.fail({ code: 'HTTP_404', status: 404, message: '404' });
    else socket.open();
  });
  await clock.pass(1_000);
  stage.last.end(1001);
  await clock.pass(120_000);
  expect(stage.sockets.length).toBeGreaterThan(2);
  expect(ended()).toBeUndefined();
});

test('Retry-After is obeyed, 429 for a minute included', async () => {
  const { clock, stage } = run({ subscriptions: LEVEL2 }, (socket) => {
    if (clock.now() < 60_000) {
      socket.fail({ code: 'HTTP_429', status: 429, retryAfterMs: 60_000 - clock.now(), message: '429' });
    } else loyal(socket);
  });
  await clock.pass(90_000);
  expect(stage.sockets.map(({ at }) => at)).toHaveLength(2);
  expect(stage.last.at).toBeGreaterThanOrEqual(60_000);
  expect(stage.last.at).toBeLessThanOrEqual(61_100);
});

test.for([
  ['7', undefined, 7_000],
  ['Wed, 30 Sep 2026 02:40:53 GMT', 'Wed, 30 Sep 2026 02:39:53 GMT', 60_000],
  ['Wed, 30 Sep 2026 02:39:53 GMT', 'Wed, 30 Sep 2026 02:40:53 GMT', 0],
  ['soon', undefined, undefined],
  ['-5', 'Wed, 30 Sep 2026 02:40:53 GMT', 0],
  [undefined, undefined, undefined],
] as const)('Retry-After "%s" at %s means %s ms', ([value, date, ms]) => {
  expect(retryAfter(value, date)).toBe(ms);
});

test('earlier failures are cleared after a healthy minute with data, not when a socket opens', async () => {
  const { clock, stage, of } = run({ subscriptions: LEVEL2 });
  for (let round = 0; round < 5; round += 1) {
    await clock.pass(20_000);
    stage.last.end(1006);
  }
  await clock.pass(20_000);
  expect(of('disconnected').at(-1)?.retryInMs).toBe(8_000);
  await clock.pass(90_000);
  stage.last.end(1006);
  expect(of('disconnected').at(-1)?.retryInMs).toBe(2_500);
});

test('the n-th retry is announced to the exchange, and never sooner than a second after the last', async () => {
  const { clock, stage } = run({ subscriptions: LEVEL2, random: () => 0 }, (socket) => socket.end(1006));
  await clock.pass(10_000);
  expect(stage.sockets.slice(0, 3).map(({ headers }) => headers['x-cb-retry-counter'])).toEqual([
    undefined,
    '1',
    '2',
  ]);
  const times = stage.sockets.map(({ at }) => at);
  expect(Math.min(...times.slice(2).map((at, index) => at - (times[index + 1] ?? 0)))).toBeGreaterThanOrEqual(
    1_000,
  );
});

test('10,000 first retries are uniform below 5 s (Kolmogorov-Smirnov, p > 0.001)', () => {
  let state = 20_261_123;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
  const delays = Array.from({ length: 10_000 }, () => retryDelayMs(close(1006), 0, random(), defaultBackoff));
  const sorted = delays.toSorted((a, b) => a - b);
  const distance = Math.max(
    ...sorted.map((delay, index) => Math.abs(delay / 5_000 - (index + 0.5) / 10_000)),
  );
  expect(distance * Math.sqrt(10_000)).toBeLessThan(1.95);
  // A thousand clients cut at once: no second sees a third of them.
  const thousand = delays.slice(0, 1_000);
  const busiest = Math.max(
    ...thousand.map((from) => thousand.filter((at) => at >= from && at < from + 1_000).length),
  );
  expect(busiest).toBeLessThanOrEqual(300);
});

test('every row of the table is reachable by what it matches', () => {
  for (const [match, row] of retryRules) {
    const number = Number(match.replace('xxx', '999').replace(/^HTTP_(\d)xx$/, 'NaN'));
    const http = /^HTTP_(\d)(\d\d|xx)$/.exec(match);
    const ending = http
      ? status(Number(`${http[1]}${http[2] === 'xx' ? '99' : http[2]}`))
      : Number.isNaN(number)
        ? failure(match === 'CERT' ? 'CERT_HAS_EXPIRED' : match)
        : close(number);
    expect(retryRuleFor(ending)).toBe(row);
  }
});
