import { rowOf } from '@feedtape/client';
import { expect, test } from 'vitest';

test('a normal close is not the end of a feed', () => {
  expect(rowOf({ code: 1000, reason: '' }).remedy).toBe('retry');
});
