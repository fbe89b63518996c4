import { createLevel2Decoder, decode, peek } from '@feedtape/protocol';
import { expect, test } from 'vitest';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const trade = (sequence: string): string =>
  `{"channel":"market_trades","timestamp":"2026-09-30T02:39:54Z","sequence_num":${sequence},"events":[{"type":"update","trades":[]}]}`;

test.each([
  ['0', 0],
  ['9007199254740991', 9_007_199_254_740_991],
  ['1e3', 1000],
  ['-0', 0],
])('sequence number %s is read as %d', (text, sequence) => {
  expect(decode(bytes(trade(text)))).toMatchObject({ kind: 'message', sequence });
});

test.each(['9007199254740993', '1e400', '-1', '0.5', '"7"', 'null', '[0]'])(
  'a sequence number of %s is invalid and never rounded',
  (text) => {
    expect(decode(bytes(trade(text)))).toMatchObject({
      kind: 'invalid',
      channel: 'market_trades',
      sequence: undefined,
    });
    expect(decode(bytes(trade(text)), { validate: false })).toMatchObject({
      kind: 'invalid',
      sequence: undefined,
    });
    expect(peek(bytes(trade(text)))).not.toHaveProperty('sequence');
  },
);

test('an invalid frame keeps its channel and number', () => {
  const frame = '{"channel":"ticker","sequence_num":41,"events":"none"}';
  expect(decode(bytes(frame))).toMatchObject({
    kind: 'invalid',
    channel: 'ticker',
    sequence: 41,
    issues: [{ path: 'timestamp' }, { path: 'events' }],
  });
  expect(peek(bytes(frame))).toEqual({ channel: 'ticker', sequence: 41 });
});

test('issues are limited in number and length', () => {
  const levels = Array.from({ length: 5000 }, () => ({ side: 1 }));
  const event = { type: 'update', product_id: 'A-B', updates: levels };
  const frame = JSON.stringify({ channel: 'l2_data', timestamp: '', sequence_num: 1, events: [event] });
  const decoded = decode(bytes(frame));
  expect(decoded).toMatchObject({ kind: 'invalid', sequence: 1 });
  expect(decoded.kind === 'invalid' && decoded.issues).toHaveLength(8);
});

test('validation is optional; the envelope is always checked', () => {
  const odd = '{"channel":"ticker","sequence_num":1,"events":[{"tickers":null}]}';
  expect(decode(bytes(odd)).kind).toBe('invalid');
  expect(decode(bytes(odd), { validate: false })).toMatchObject({
    kind: 'message',
    channel: 'ticker',
    sequence: 1,
  });
});

test.each([
  ['', 0, 'empty'],
  ['{"a":1', 6, 'the text ends too early'],
  ['\uFEFF{}', 0, 'expected a value'],
  ['{"a":tru}', 5, 'expected a value'],
  ['{"a":01}', 6, 'expected a comma or the end of the container'],
  ['{"a":"\u0000"}', 6, 'a control character inside a string'],
  ['{"a":1}\0', 7, 'text after the end of the JSON value'],
  ['{"a":"é",}', 10, 'expected a key'],
])('%j is malformed, and it is said where', (text, offset, reason) => {
  expect(decode(bytes(text))).toMatchObject({ kind: 'malformed', offset, reason });
});

test('the head of a malformed frame cannot forge a log line or move a cursor', () => {
  const decoded = decode(bytes(`\u001b[2J\n\u202e${'x'.repeat(500)}`));
  expect(decoded.kind === 'malformed' && decoded.head).toMatch(/^[ -~]{1,256}$/);
});

test.each([
  ['a lone continuation byte', [0x22, 0x80, 0x22], 1],
  ['an overlong form', [0x22, 0xc0, 0xaf, 0x22], 1],
  ['a surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22], 1],
  ['a cut character', [0x22, 0x61, 0xf0, 0x9f, 0x98], 2],
])('%s is not UTF-8: malformed, not replaced', (_, units, offset) => {
  expect(decode(Uint8Array.from(units))).toMatchObject({ kind: 'malformed', offset, reason: 'not UTF-8' });
  expect(peek(Uint8Array.from(units))).toEqual({});
});

test('a million levels of nesting decode', () => {
  const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`;
  expect(decode(bytes(deep)).kind).toBe('unknown');
  expect(decode(bytes(`{"channel":"new","sequence_num":5,"deep":${deep}}`))).toMatchObject({
    channel: 'new',
    sequence: 5,
  });
  expect(decode(bytes(trade('6').replace('"events"', `"deep":${deep},"events"`)))).toMatchObject({
    kind: 'message',
    sequence: 6,
  });
  expect(decode(bytes('['.repeat(1_000_000)))).toMatchObject({ kind: 'malformed', offset: 1_000_000 });
});

test('__proto__ and constructor are ordinary keys and reach no prototype', () => {
  const frame = trade('1').replace('{"type"', '{"__proto__":{"polluted":true},"constructor":1,"type"');
  expect(decode(bytes(frame)).kind).toBe('message');
  expect(decode(bytes('{"channel":"__proto__","sequence_num":1}'))).toMatchObject({
    kind: 'unknown',
    channel: '__proto__',
  });
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

const level2 =
  '{"channel":"l2_data","timestamp":"2026-09-30T02:39:53Z","sequence_num":1,"events":[{"type":"update","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"2026-09-30T02:39:53.1Z","price_level":"PRICE","new_quantity":"0"}]}]}';

test('the last of two equal keys counts, at any position', () => {
  const late = level2.replace('PRICE', '1').replace(/]}$/, '],"sequence_num":9,"channel":"ticker"}');
  expect(peek(bytes(late))).toMatchObject({ channel: 'ticker', sequence: 9 });
  const inside = level2.replace('PRICE', '1').replace('"}]}]}', '"}],"product_id":"ETH-USD"}]}');
  expect(peek(bytes(inside))).toMatchObject({ productId: 'ETH-USD' });
  expect(decode(bytes(inside))).toEqual(decode(inside));
});

test.each([
  ['9007199254740991', 9_007_199_254_740_991, 0],
  ['900719925474.0991', 9_007_199_254_740_991, 4],
  ['0.00000812', 812, 8],
  ['00012.50', 1250, 2],
])('a level2 price of %s is %d with %d decimals', (price, integer, decimals) => {
  const batch = createLevel2Decoder()(bytes(level2.replace('PRICE', price)));
  expect([batch?.price[0], batch?.priceDecimals[0]]).toEqual([integer, decimals]);
});

test.each([
  '9007199254740992',
  '9007199254740993',
  '90071992547409.930',
  '-1',
  '12345678901234567890.5',
  '1e-7',
])('a level2 price of %s does not fit a column, so the decoder of batches returns nothing', (price) => {
  expect(createLevel2Decoder()(bytes(level2.replace('PRICE', price)))).toBeUndefined();
  expect(decode(bytes(level2.replace('PRICE', price))).kind).toBe('message');
});
