import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { partitionFolder } from '#export/partition';

test('a partition folder has four safe parts for any product id', () => {
  const ids = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'./\\=-A0\0\n'.split('')) }),
  );
  fc.assert(
    fc.property(ids, (productId) => {
      const folder = partitionFolder({ table: 'level2', date: '2026-11-23', channel: 'l2_data', productId });
      expect(folder).toMatch(
        /^level2\/date=2026-11-23\/channel=level2\/product=(?:_other|[A-Z0-9]+(?:-[A-Z0-9]+){1,3})$/u,
      );
    }),
  );
});

test('each product has a folder; gaps have neither channel nor product', () => {
  const date = '2026-11-23';
  expect(partitionFolder({ table: 'trades', date, channel: 'market_trades', productId: 'BTC-USD' })).toBe(
    'trades/date=2026-11-23/channel=market_trades/product=BTC-USD',
  );
  expect(partitionFolder({ table: 'gaps', date })).toBe('gaps/date=2026-11-23');
});
