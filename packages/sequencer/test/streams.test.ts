import { describe, expect, test } from 'vitest';
import {
  type NumberedFrame,
  type Scope,
  createHeartbeatMonitor,
  createKeyedSequencer,
  createScopeDetector,
  createTradeContinuity,
} from '@feedtape/sequencer';

const frame = (connection: number, channel: string, productId: string, sequence: unknown): NumberedFrame => ({
  connection,
  channel,
  productId,
  sequence,
});

/** Frames of two products on two channels and heartbeats, numbered in one scope. */
function* numbered(truth: Scope, count: number): Generator<NumberedFrame> {
  const next = new Map<string, number>();
  for (let index = 0; index < count; index += 1) {
    const heartbeat = index % 10 === 9;
    const channel = heartbeat ? 'heartbeats' : index % 3 === 0 ? 'market_trades' : 'l2_data';
    const productId = heartbeat ? undefined : ['BTC-USD', 'ETH-USD'][Math.floor(index / 2) % 2];
    const key = { connection: '', channel, product: productId ?? '' }[truth];
    const sequence = next.get(key) ?? 0;
    next.set(key, sequence + 1);
    yield { connection: 0, channel, productId, sequence };
  }
}

const kinds = (scope: Scope | ((each: NumberedFrame) => string)): string[] => {
  const sequencer = createKeyedSequencer({ scope });
  return [
    frame(0, 'l2_data', 'BTC-USD', 7),
    frame(0, 'ticker', 'BTC-USD', 8),
    frame(0, 'l2_data', 'ETH-USD', 8),
    frame(1, 'ticker', 'ETH-USD', 9),
  ].map((each) => sequencer.push(each).kind);
};

describe('many streams', () => {
  test('by default a connection is one stream across channels and products and starts at 0', () => {
    const sequencer = createKeyedSequencer();
    const frames = [
      frame(0, 'l2_data', 'BTC-USD', 0),
      frame(0, 'l2_data', 'ETH-USD', 1),
      frame(1, 'ticker', 'BTC-USD', 2),
      { connection: 0, sequence: 2 },
    ];
    expect(frames.map((each) => sequencer.push(each).kind)).toEqual(['first', 'next', 'gap', 'next']);
    expect(sequencer.accounting).toMatchObject({ received: 4, accepted: 4, missing: 2 });
  });

  test('counted per channel, per product or by a key of your own, each starts anywhere', () => {
    expect(kinds('channel')).toEqual(['first', 'first', 'next', 'first']);
    expect(kinds('product')).toEqual(['first', 'next', 'first', 'first']);
    expect(kinds(({ productId = '' }) => productId.slice(-3))).toEqual([
      'first',
      'next',
      'duplicate',
      'first',
    ]);
  });

  test('closing a connection adds one gap of unknown extent for each of its streams, at least one', () => {
    const sequencer = createKeyedSequencer({ scope: 'channel' });
    sequencer.push(frame(0, 'a', 'X', 3));
    sequencer.push(frame(0, 'b', 'X', 5));
    sequencer.push(frame(1, 'a', 'X', 9));
    expect(sequencer.closeConnection(0)).toEqual([
      { kind: 'unknown-gap', from: 4, count: null },
      { kind: 'unknown-gap', from: 6, count: null },
    ]);
    expect(sequencer.closeConnection(7)).toEqual([{ kind: 'unknown-gap', count: null }]);
    expect(sequencer.accounting).toMatchObject({ received: 3, unknownGaps: 3 });
    expect(sequencer.streams).toBe(1);
  });

  test('at the limit the oldest stream is closed and counted, and starts anew', () => {
    const sequencer = createKeyedSequencer({ scope: 'product', maxStreams: 2 });
    for (const product of ['A', 'B', 'C']) sequencer.push(frame(0, 'x', product, 5));
    expect([sequencer.streams, sequencer.evicted]).toEqual([2, 1]);
    expect(sequencer.push(frame(0, 'x', 'A', 9))).toEqual({ kind: 'first' });
    expect(sequencer.accounting).toMatchObject({ received: 4, accepted: 4, unknownGaps: 2 });
  });
});

describe('the scope that frames really count', () => {
  const scopes = ['connection', 'channel', 'product'] as const;
  const cases = scopes.flatMap((truth) => scopes.map((assumed) => [truth, assumed] as const));

  test.for(cases)(
    'is %s where %s was assumed: said within 1,000 frames, once, or not at all',
    ([truth, assumed]) => {
      const detector = createScopeDetector({ scope: assumed });
      const said = Array.from(numbered(truth, 1_000), (each) => detector.push(each)).filter(Boolean);
      expect(said.map((contradiction) => contradiction?.fits)).toEqual(truth === assumed ? [] : [truth]);
      expect(detector.contradiction?.fits).toBe(truth === assumed ? undefined : truth);
    },
  );

  test('is not contradicted by losses, duplicates and swapped neighbours', () => {
    const detector = createScopeDetector();
    const frames = [...numbered('connection', 20_000)];
    const arrived = frames.flatMap((each, index) => {
      if (index % 11 === 0) return [];
      if (index % 13 === 0) return [each, each];
      return index % 17 === 0 && index + 1 < frames.length ? [frames[index + 1]!, each] : [each];
    });
    expect(arrived.map((each) => detector.push(each)).filter(Boolean)).toEqual([]);
  });

  test('is not contradicted by one product on one channel', () => {
    const detector = createScopeDetector({ scope: 'product' });
    for (let sequence = 0; sequence < 5_000; sequence += 1)
      expect(detector.push(frame(0, 'l2_data', 'BTC-USD', sequence))).toBeUndefined();
  });
});

describe('trade ids', () => {
  test('are processed from the oldest on, although a frame has the newest first', () => {
    const trades = createTradeContinuity();
    expect(trades.push('BTC-USD', ['12', '11', '10'])).toEqual([
      { kind: 'next' },
      { kind: 'next' },
      { kind: 'first' },
    ]);
    expect(trades.push('BTC-USD', ['16', '15'])).toEqual([
      { kind: 'next' },
      { kind: 'gap', missing: { from: '13', to: '14' }, count: 2 },
    ]);
  });

  test('continue across a reconnect: a snapshot fills the gap as far as it goes', () => {
    const trades = createTradeContinuity();
    trades.push('BTC-USD', ['101', '100']);
    const snapshot = Array.from({ length: 100 }, (_, index) => String(304 - index));
    expect(trades.push('BTC-USD', snapshot).at(-1)).toEqual({
      kind: 'gap',
      missing: { from: '102', to: '204' },
      count: 103,
    });
    expect(trades.push('BTC-USD', snapshot).every(({ kind }) => kind === 'duplicate')).toBe(true);
    expect(trades.accounting('BTC-USD')).toMatchObject({ missing: 103, duplicates: 100 });
  });

  test('beyond 2^53-1 are exact', () => {
    const trades = createTradeContinuity();
    trades.push('BTC-USD', ['9007199254740993']);
    expect(trades.push('BTC-USD', ['9007199254740996'])).toEqual([
      { kind: 'gap', missing: { from: '9007199254740994', to: '9007199254740995' }, count: 2 },
    ]);
    expect(trades.push('BTC-USD', ['9007199254740994'])).toEqual([{ kind: 'late' }]);
    expect(trades.push('BTC-USD', ['9007199254740992'])).toEqual([{ kind: 'stale', behind: 5 }]);
    expect(trades.push('BTC-USD', ['1', '9'.repeat(40)])).toEqual([
      { kind: 'invalid', reason: 'unsafe' },
      { kind: 'invalid', reason: 'unsafe' },
    ]);
  });

  test.for([
    [undefined, 'absent'],
    ['', 'not-a-number'],
    ['-5', 'not-a-number'],
    ['5.0', 'not-a-number'],
    [5, 'not-a-number'],
  ] as const)('%j is no trade id: %s', ([id, reason]) => {
    const trades = createTradeContinuity();
    expect(trades.push('BTC-USD', [id, '7'])).toEqual([{ kind: 'invalid', reason }, { kind: 'first' }]);
    expect(trades.accounting()).toMatchObject({ received: 2, invalid: 1 });
  });

  test('of two products are independent, and the state continues after a restart', () => {
    const before = createTradeContinuity();
    before.push('BTC-USD', ['5']);
    before.push('ETH-USD', ['9007199254740993']);
    before.push('SOL-USD', ['x']);
    const after = createTradeContinuity({ state: JSON.parse(JSON.stringify(before.state)) });
    expect(after.state).toEqual(before.state);
    expect(after.push('BTC-USD', ['7'])).toEqual([
      { kind: 'gap', missing: { from: '6', to: '6' }, count: 1 },
    ]);
    expect(after.push('ETH-USD', ['9007199254740994'])).toEqual([{ kind: 'next' }]);
    expect(after.push('SOL-USD', ['9007199254740999'])).toEqual([{ kind: 'first' }]);
  });

  test('beyond the limit of products, the one seen first is dropped', () => {
    const trades = createTradeContinuity({ maxProducts: 1 });
    trades.push('BTC-USD', ['5']);
    trades.push('ETH-USD', ['5']);
    expect(trades.push('BTC-USD', ['9'])).toEqual([{ kind: 'first' }]);
    expect(trades.state).toHaveLength(1);
  });
});

describe('heartbeats', () => {
  test('rise by one within a connection, as numbers or as digits', () => {
    const monitor = createHeartbeatMonitor();
    expect([3049, '3050', 3053].map((counter) => monitor.push(counter))).toEqual([
      { kind: 'first' },
      { kind: 'next' },
      { kind: 'gap', missing: { from: 3051, to: 3052 }, count: 2 },
    ]);
    monitor.close();
    expect(monitor.push(17)).toEqual({ kind: 'first' });
    expect(monitor.accounting).toMatchObject({ missing: 2, unknownGaps: 1 });
  });

  test('with another counter are invalid', () => {
    const monitor = createHeartbeatMonitor();
    expect(monitor.push('12a')).toEqual({ kind: 'invalid', reason: 'not-a-number' });
    expect(monitor.push(undefined)).toEqual({ kind: 'invalid', reason: 'absent' });
    expect(monitor.push('9007199254740993')).toEqual({ kind: 'invalid', reason: 'unsafe' });
  });
});
