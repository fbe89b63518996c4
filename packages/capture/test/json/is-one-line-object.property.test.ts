// @module-tag slow

import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterEach, expect, test, vi } from 'vitest';
import { isOneLineObject, MAX_RAW_DEPTH } from '@feedtape/capture';
import { isPlainObject } from '#json/object-scanner';
import { isAnyObject } from '#json/is-one-line-object';

// What the check accepts is spliced into a line of the capture as it is, so it may never accept more than a
// parser written by others does: JSON.parse is the oracle, on text that a strict UTF-8 decoder accepts. The scanner,
// which looks at a frame first, may refuse what it likes, and never accept more.

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const LINE_ENDS = ['\u0085', '\u2028', '\u2029'];

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** What the rule says, in the slowest possible words. */
function oracle(bytes: Uint8Array): boolean {
  let text: string;
  let value: unknown;
  try {
    text = strict.decode(bytes);
    value = JSON.parse(text);
  } catch {
    return false;
  }
  return (
    text.startsWith('{') &&
    text.endsWith('}') &&
    bytes.every((byte) => byte >= 0x20) &&
    !LINE_ENDS.some((end) => text.includes(end)) &&
    depthOf(value) <= MAX_RAW_DEPTH
  );
}

/** The bytes of which the check, with the scanner or without it, and the oracle say different things. */
function disagreements(...candidates: readonly Uint8Array[]): string[] {
  return candidates
    .filter((bytes) => {
      const truth = oracle(bytes);
      return (
        isOneLineObject(bytes) !== truth || isAnyObject(bytes) !== truth || (isPlainObject(bytes) && !truth)
      );
    })
    .map((bytes) => Buffer.from(bytes).toString('latin1'));
}

const level = (side: string, price: string): string =>
  `{"side":"${side}","event_time":"2026-09-30T02:39:53.407329Z","price_level":"${price}","new_quantity":"0.7"}`;
const update = (levels: string): string =>
  `{"channel":"l2_data","timestamp":"2026-09-30T02:39:53.6Z","sequence_num":3,"events":[{"type":"update","product_id":"BTC-USD","updates":[${levels}]}]}`;

const seeds = [
  update(`${level('bid', '83277.25')},${level('offer', '1')},${level('bid', '0')}`),
  update(level('offer', '83277.25')),
  '{"a":[1,-0.5e+7,true,false,null,"\\u00e9\\n",{}],"b":{"c":[]}}',
  '{"é":"€😀", "x" : [ 1 , 2 ] }',
  ...readFileSync(
    new URL('../../../protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv', import.meta.url),
    'utf8',
  )
    .trim()
    .split('\n')
    .map((line) => line.slice(line.indexOf('\t') + 1))
    .filter((text) => text.length < 3000),
].map(utf8);

/** What a mistake or an attacker would put in. */
const pieces = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '{}',
  '[]',
  '},{',
  '"x":{}',
  '1',
  '-',
  '.',
  'e',
  '0',
  'true',
  'nul',

  '\n',
  '\r',
  '\t',
  '\0',
  ' ',
  '\u007f',
  '\u0085',
  '\u2028',
  '\u2029',
  '\uFEFF',
  'é',
  '€',
  '😀',
  '\\u12',
  '\\x',
  level('bid', '1'),
  `,${level('offer', '2')}`,
);
const rawPieces = fc.oneof(
  pieces.map((text) => Array.from(utf8(text))),
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 }),
);

const edits = fc.array(
  fc.record({ at: fc.nat(), cut: fc.nat({ max: 8 }), put: fc.oneof(fc.constant<number[]>([]), rawPieces) }),
  { minLength: 1, maxLength: 3 },
);

function edited(
  frame: Uint8Array,
  changes: readonly { at: number; cut: number; put: number[] }[],
): Uint8Array {
  const bytes = Array.from(frame);
  for (const { at, cut, put } of changes) bytes.splice(at % (bytes.length + 1), cut, ...put);
  return Uint8Array.from(bytes);
}

test('real frames and regular level2 frames are accepted', () => {
  for (const frame of seeds) expect([isOneLineObject(frame), isAnyObject(frame)]).toEqual([true, true]);
});

test('the scanner takes every spelling of the exchange, and steps aside for others', () => {
  const taken = seeds.map((frame) => isPlainObject(frame));
  expect(taken).toEqual(seeds.map((_, index) => index !== 2 && index !== 3));
  const scalars = utf8('{"a":[1,-1,0,-0.5,10.25,true,false,null,{"b":[]},{"c":{}}],"d":"","e":[[1],["x"]]}');
  expect(isPlainObject(scalars)).toBe(true);
  expect(isPlainObject(utf8(update(`${level('bid', '1')},{"new":1},${level('bid', '2')}`)))).toBe(true);
});

test('a snapshot is read in windows without a seam, wherever the first of them ends', () => {
  // The window is 64 KiB, a level about 100 bytes: each byte more before it moves the seam through a level.
  const levels = Array.from({ length: 1_500 }, (_, index) =>
    level(index % 7 === 0 ? 'offer' : 'bid', `${index}.25`),
  );
  const trades = Array.from(
    { length: 1_500 },
    (_, index) => `{"price":"${index}.5","size":-1.5,"more":[true,[]]}`,
  );
  for (const items of [levels, trades]) {
    for (let more = 0; more < 120; more += 1) {
      const frame = utf8(update(items.join(',')).replace('BTC-USD', 'D'.repeat(1 + more)));
      expect(isPlainObject(frame)).toBe(true);
      expect(isPlainObject(frame.subarray(0, -1))).toBe(false);
      expect(isPlainObject(Uint8Array.from([...frame, 0x7d]))).toBe(false);
    }
  }
});

test('what is wrong in a later window is found there', () => {
  const levels = Array.from({ length: 1_500 }, (_, index) => level('bid', `${index}.25`));
  const odd = [
    level('bid', '\n'),
    level('bid', '1').replace(',', ',,'),
    `{}${level('bid', '1')}`,
    level('bid', '1').slice(1),
    '}',
    ']',
  ];
  for (const wrong of odd) {
    const frame = utf8(update([...levels.slice(0, 1_400), wrong, ...levels.slice(1_400)].join(',')));
    expect([isPlainObject(frame), isOneLineObject(frame), oracle(frame)]).toEqual([false, false, false]);
  }
  const long = utf8(update([...levels, level('bid', '1'.repeat(70_000))].join(',')));
  expect([isPlainObject(long), isOneLineObject(long)]).toEqual([false, true]);
});

test('a frame is read to its end, not into what a longer one has left behind', () => {
  const frame = seeds[0]!;
  for (let length = 0; length < frame.length; length += 1) {
    isPlainObject(frame);
    expect(isPlainObject(frame.subarray(0, length))).toBe(false);
  }
});

test.for([
  ['without WebAssembly', undefined],
  [
    'where a policy forbids to compile it',
    {
      Module: function Module(): never {
        throw new Error('Refused to compile or instantiate WebAssembly module');
      },
    },
  ],
])('%s every frame is looked at the plain way', async ([, replacement]) => {
  vi.stubGlobal('WebAssembly', replacement);
  vi.resetModules();
  const anew = await import('@feedtape/capture');
  const scanner = await import('#json/object-scanner');
  for (const frame of seeds) {
    expect(scanner.isPlainObject(frame)).toBe(false);
    expect(anew.isOneLineObject(frame)).toBe(true);
    expect(anew.isOneLineObject(frame.subarray(1))).toBe(false);
  }
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

test('it says of every edited frame what JSON.parse says', () => {
  fc.assert(
    fc.property(fc.constantFrom(...seeds), edits, (frame, changes) => {
      expect(disagreements(edited(frame, changes))).toEqual([]);
    }),
    { numRuns: 10_000 },
  );
});

test('it says of every text of fragments what JSON.parse says', () => {
  fc.assert(
    fc.property(fc.array(rawPieces, { maxLength: 12 }), (parts) => {
      const bytes = parts.flat();
      const value = utf8(`{"a":${Buffer.from(bytes).toString()}}`);
      expect(disagreements(Uint8Array.from(bytes), Uint8Array.from([0x7b, ...bytes, 0x7d]), value)).toEqual(
        [],
      );
    }),
    { numRuns: 5_000 },
  );
});

test('it says of every object, of every prefix of it and of two in a row what JSON.parse says', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.nat(), (value, cut) => {
      const bytes = utf8(JSON.stringify(value));
      const prefix = bytes.subarray(0, cut % (bytes.length + 1));
      expect(disagreements(bytes, prefix, Uint8Array.from([...bytes, ...bytes]))).toEqual([]);
    }),
    { numRuns: 1_500 },
  );
});

test('a view into the middle of other bytes is judged by its own bytes alone', () => {
  fc.assert(
    fc.property(fc.constantFrom(...seeds), fc.nat(3), rawPieces, (frame, shift, around) => {
      const whole = Uint8Array.from([...Array.from({ length: shift }, () => 0x7b), ...frame, ...around]);
      expect(isOneLineObject(whole.subarray(shift, shift + frame.length))).toBe(true);
      expect(isOneLineObject(whole.subarray(shift, shift + frame.length - 1))).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

test.for([
  ['a forged key', '{"a":1},"x":{}'],
  ['a second brace', '{}}'],
  ['two objects', '{}{}'],
  ['two levels where an object expects one value', `{"a":${level('bid', '1')},${level('bid', '2')}}`],
  ['a comma after the last level', update(`${level('bid', '1')},`)],
  ['a number with a leading zero', '{"a":01}'],
  ['a lone minus', '{"a":-}'],
  ['a point without digits behind it', '{"a":1.}'],
  ['a literal that is cut off', '{"a":fals}'],
  ['a list that ends as an object', '{"a":[1}}'],
  ['an object that ends as a list', '{"a":{"b":1]}'],
  ['a list that ends as an object, at the end', '{"a":[1}'],
  ['a level whose price does not end', update(level('bid', '1').slice(0, 80))],
])('%s is refused', ([, text]) => {
  const bytes = utf8(text as string);
  expect([isOneLineObject(bytes), isAnyObject(bytes), isPlainObject(bytes)]).toEqual([false, false, false]);
});

test('depth is allowed up to the limit and refused beyond, in no more memory', () => {
  const nested = (depth: number): Uint8Array =>
    utf8(`{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`);
  expect(isOneLineObject(nested(MAX_RAW_DEPTH))).toBe(true);
  expect(isOneLineObject(nested(MAX_RAW_DEPTH + 1))).toBe(false);
  expect(isPlainObject(nested(MAX_RAW_DEPTH))).toBe(true);
  expect(isPlainObject(nested(MAX_RAW_DEPTH + 1))).toBe(false);
  const forged = nested(MAX_RAW_DEPTH + 1);
  forged[forged.length - 1] = 0x5d;
  expect([isPlainObject(forged), isAnyObject(forged)]).toEqual([false, false]);
  const deepLevel = `{"a":${'['.repeat(MAX_RAW_DEPTH - 1)}${level('bid', '1')}${']'.repeat(MAX_RAW_DEPTH - 1)}}`;
  expect(isOneLineObject(utf8(deepLevel))).toBe(false);
});
