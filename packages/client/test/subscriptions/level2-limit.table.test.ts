import { expect, test } from 'vitest';
import { Level2Limit } from '#subscriptions/level2-limit';

type Step = readonly ['refused', number] | readonly ['served', number] | readonly ['after', number];
const TABLE: readonly (readonly [string, readonly Step[], number])[] = [
  ['nothing', [], 30],
  ['the first refusal costs one', [['refused', 30]], 29],
  ['what was refused was fewer than the limit', [['refused', 12]], 11],
  [
    'the second halves',
    [
      ['refused', 30],
      ['refused', 29],
    ],
    14,
  ],
  [
    '… towards what was served',
    [
      ['served', 20],
      ['refused', 30],
      ['refused', 29],
    ],
    24,
  ],
  [
    'never below what was served',
    [
      ['served', 20],
      ['refused', 30],
      ['refused', 29],
      ['refused', 24],
      ['refused', 22],
      ['refused', 21],
    ],
    20,
  ],
  ['a refusal of one product is no limit of none', [['refused', 1]], 5],
  ['never below the floor', Array.from({ length: 20 }, () => ['refused', 2] as const), 5],
  [
    'served more than was refused later: the refusal counts',
    [
      ['served', 30],
      ['refused', 10],
      ['refused', 9],
    ],
    8,
  ],
  [
    'forgotten after an hour',
    [
      ['refused', 30],
      ['after', 3_600_000],
    ],
    30,
  ],
  [
    'not before',
    [
      ['refused', 30],
      ['after', 3_599_999],
    ],
    29,
  ],
];

test.for(TABLE)('level2 limit: %s', ([, steps, value]) => {
  const limit = new Level2Limit(30);
  for (const [kind, number] of steps) {
    if (kind === 'refused') limit.lower(number, 0);
    else if (kind === 'served') limit.acknowledged(number);
    else limit.resetWhenDue(number);
  }
  expect(limit.value).toBe(value);
});
