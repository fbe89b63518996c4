import { generateKeyPairSync } from 'node:crypto';
import { type ExchangeKey, startExchange, trustKey } from '@feedtape/simulator';
import { expect, test } from 'vitest';
import { connect, subscribe } from './bare-client.ts';
import { channelsOf, type Conversation, converse, makeToken, type TokenChanges } from './conversation.ts';

const START = Date.parse('2026-09-30T02:39:53Z');
const REFUSED = [{ type: 'error', message: 'authentication failure' }];

async function heartbeatsWith(
  make: (conversation: Conversation) => string,
  options: Parameters<typeof converse>[0] = {},
): Promise<{ frames: unknown[]; judged: string | undefined }> {
  const conversation = await converse(options);
  const frames = await conversation.say(subscribe('heartbeats', undefined, make(conversation)), 300);
  return { frames: [...frames], judged: conversation.exchange.ledger.connections[0]?.received[0]?.token };
}

const seconds = START / 1000;
const key = ({ exchange }: Conversation, index = 0): ExchangeKey => exchange.keys[index]!;

test.for([0, 1])('a valid token of generated key %i is accepted', async (index) => {
  const { frames, judged } = await heartbeatsWith((each) => makeToken(key(each, index), START));
  expect(frames).toMatchObject([{ channel: 'subscriptions' }]);
  expect(judged).toBe('ok');
});

const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const strangerKey: ExchangeKey = {
  name: 'organizations/none/apiKeys/none',
  algorithm: 'ES256',
  privateKeyPem: other.privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
  json: { name: '', privateKey: '' },
};

test.for<[string, string, (conversation: Conversation) => string]>([
  ['expired', 'expired', (c) => makeToken(key(c), START - 121_000)],
  ['expired this very second', 'expired', (c) => makeToken(key(c), START - 120_000)],
  ['not yet valid', 'not-yet-valid', (c) => makeToken(key(c), START + 2_000)],
  ['signed with another key', 'wrong-signature', (c) => makeToken(key(c), START, { signer: strangerKey })],
  ['for a key nobody knows', 'unknown-key', () => makeToken(strangerKey, START)],
  ['from another issuer', 'wrong-issuer', (c) => makeToken(key(c), START, { claims: { iss: 'me' } })],
  ['for another subject', 'wrong-subject', (c) => makeToken(key(c), START, { claims: { sub: 'me' } })],
  ['with another algorithm', 'wrong-algorithm', (c) => makeToken(key(c), START, { header: { alg: 'none' } })],
  [
    'of the other kind of key',
    'wrong-algorithm',
    (c) => makeToken(key(c), START, { header: { alg: 'EdDSA' } }),
  ],
  ['without a nonce', 'no-nonce', (c) => makeToken(key(c), START, { header: { nonce: undefined } })],
  ['without an end', 'malformed', (c) => makeToken(key(c), START, { claims: { exp: undefined } })],
  ['that is no token', 'malformed', () => 'not.a.token'],
])('a token %s is refused with the real text', async ([, reason, make]) => {
  expect(await heartbeatsWith(make)).toEqual({ frames: REFUSED, judged: reason });
});

test('a token in DER instead of r and s side by side is refused', async () => {
  const { frames } = await heartbeatsWith((c) => {
    const [head, body] = makeToken(key(c), START).split('.');
    return `${head}.${body}.${Buffer.from('3006020101020101', 'hex').toString('base64url')}`;
  });
  expect(frames).toEqual(REFUSED);
});

test('a nonce is accepted twice only with allowReuse', async () => {
  for (const allowReuse of [false, true]) {
    const conversation = await converse({ auth: { allowReuse } });
    const token = makeToken(key(conversation), START);
    await conversation.say(subscribe('heartbeats', undefined, token), 200);
    const again = await conversation.say(subscribe('status', ['BTC-USD'], token), 200);
    expect(channelsOf(again)).toEqual(allowReuse ? ['status', 'subscriptions'] : ['error']);
  }
});

test.for<[string, TokenChanges]>([
  ['without typ', { header: { typ: undefined } }],
  ['with a decimal nonce', { header: { nonce: '123456789' } }],
  ['with an audience', { claims: { aud: ['cdp_service'] } }],
  ['from the issuer of the older samples', { claims: { iss: 'coinbase-cloud' } }],
  ['that began five seconds ago', { claims: { nbf: seconds - 5 } }],
  ['that lives for a minute only', { claims: { exp: seconds + 60 } }],
])('real clients differ: a token %s is accepted', async ([, changes]) => {
  const { judged } = await heartbeatsWith((c) => makeToken(key(c), START, changes));
  expect(judged).toBe('ok');
});

test('public channels need no token unless the exchange says so; private ones always do', async () => {
  const open = await converse();
  expect(channelsOf(await open.say(subscribe('heartbeats'), 200))).toEqual(['subscriptions']);
  expect(await open.say(subscribe('user'), 200)).toEqual(REFUSED);
  const strict = await converse({ requireAuth: true });
  expect(await strict.say(subscribe('heartbeats'), 300)).toEqual(REFUSED);
});

test('an invalid token is refused on a public channel too', async () => {
  const { frames } = await heartbeatsWith(() => 'x');
  expect(frames).toEqual(REFUSED);
});

test('neither a token nor any of its parts stays in the ledger', async () => {
  const conversation = await converse();
  const good = makeToken(key(conversation), START);
  const late = makeToken(key(conversation), START - 500_000);
  await conversation.say(subscribe('heartbeats', undefined, good), 300);
  await conversation.say(subscribe('heartbeats', undefined, late), 300);
  await conversation.say(`{"jwt":"${late}"`, 300);
  const kept = JSON.stringify(conversation.exchange.ledger.connections);
  for (const token of [good, late]) for (const part of token.split('.')) expect(kept).not.toContain(part);
});

test('a key of the caller is accepted over a real socket', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const mine: ExchangeKey = {
    name: 'my-key',
    algorithm: 'EdDSA',
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    json: { name: 'my-key', privateKey: '' },
  };
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  await using exchange = await startExchange({ keys: [trustKey('my-key', pem)], products: ['BTC-USD'] });
  await using client = await connect(exchange.userUrl);
  client.send(subscribe('user', undefined, makeToken(mine, Date.now())));
  const frames = await client.until(2);
  expect(frames.map(({ text }) => (JSON.parse(text) as { channel: string }).channel)).toEqual([
    'user',
    'subscriptions',
  ]);
});
