import {
  decode,
  type Decimal,
  type ErrorMessage,
  type Level2Message,
  type Level2Update,
  type Message,
  type TickerMessage,
} from '@feedtape/protocol';
import { expect, expectTypeOf, test } from 'vitest';

test('decode narrows by kind and then by channel', () => {
  const decoded = decode('{}');
  expect(decoded.kind).toBe('unknown');
  if (decoded.kind === 'message') {
    expectTypeOf(decoded.channel).toEqualTypeOf<Message['channel']>();
    expectTypeOf(decoded.sequence).toEqualTypeOf<number>();
    if (decoded.channel === 'l2_data') expectTypeOf(decoded.message).toEqualTypeOf<Level2Message>();
    if (decoded.channel === 'ticker') expectTypeOf(decoded.message).toEqualTypeOf<TickerMessage>();
  }
  if (decoded.kind === 'error') expectTypeOf(decoded.message).toEqualTypeOf<ErrorMessage>();
  if (decoded.kind === 'unknown') expectTypeOf(decoded.value).toEqualTypeOf<unknown>();
});

test('a message narrows by its own channel, too', () => {
  expectTypeOf<Extract<Message, { channel: 'l2_data' }>>().toEqualTypeOf<Level2Message>();
  expectTypeOf<Level2Message['events'][number]['updates'][number]>().toEqualTypeOf<Level2Update>();
});

test('a decimal is a string, but a string is not a decimal, and neither is a number', () => {
  expectTypeOf<Decimal>().toExtend<string>();
  expectTypeOf<string>().not.toExtend<Decimal>();
  expectTypeOf<number>().not.toExtend<Decimal>();
});

test('the type of an open word offers known values and accepts others', () => {
  expectTypeOf<'bid'>().toExtend<Level2Update['side']>();
  expectTypeOf<'ask'>().toExtend<Level2Update['side']>();
  expectTypeOf<1>().not.toExtend<Level2Update['side']>();
});
