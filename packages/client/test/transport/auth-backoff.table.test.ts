import { defaultBackoff } from '@feedtape/client';
import type { RequestChannel } from '@feedtape/protocol';
import { expect, test } from 'vitest';
import { AuthBackoff } from '#transport/auth-backoff';

type Step =
  | readonly ['refused' | 'accepted', RequestChannel, number]
  | readonly ['handshake refused' | 'handshake accepted', string, number];

/** Steps, failures left after them, until when nothing signed is sent, until when host `a` is not dialled. */
const TABLE: readonly (readonly [string, readonly Step[], number, number, number])[] = [
  ['nothing', [], 3, -Infinity, -Infinity],
  ['one refusal', [['refused', 'user', 0]], 2, 30, 30],
  [
    'two at one instant',
    [
      ['refused', 'user', 0],
      ['refused', 'level2', 0],
    ],
    2,
    30,
    30,
  ],
  [
    'two within the wait',
    [
      ['refused', 'user', 0],
      ['refused', 'user', 29],
    ],
    2,
    30,
    30,
  ],
  [
    'two apart',
    [
      ['refused', 'user', 0],
      ['refused', 'user', 30],
    ],
    1,
    60,
    60,
  ],
  [
    'different channels add up',
    [
      ['refused', 'user', 0],
      ['refused', 'level2', 40],
    ],
    1,
    70,
    70,
  ],
  [
    'three',
    [
      ['refused', 'user', 0],
      ['refused', 'user', 30],
      ['refused', 'user', 60],
    ],
    0,
    90,
    90,
  ],
  [
    'a success of its own clears',
    [
      ['refused', 'user', 0],
      ['accepted', 'user', 1],
    ],
    3,
    -Infinity,
    -Infinity,
  ],
  [
    'a success of another does not',
    [
      ['refused', 'user', 0],
      ['accepted', 'level2', 1],
    ],
    2,
    30,
    30,
  ],
  [
    'a handshake says nothing of requests',
    [
      ['refused', 'user', 0],
      ['handshake accepted', 'a', 1],
    ],
    2,
    30,
    30,
  ],
  ['a handshake holds its host back', [['handshake refused', 'a', 0]], 2, -Infinity, 30],
  ['… and no other', [['handshake refused', 'b', 0]], 2, -Infinity, -Infinity],
  [
    'hosts do not add up',
    [
      ['handshake refused', 'a', 0],
      ['handshake refused', 'b', 0],
    ],
    2,
    -Infinity,
    30,
  ],
  [
    'a handshake clears its host',
    [
      ['handshake refused', 'a', 0],
      ['handshake accepted', 'a', 9],
    ],
    3,
    -Infinity,
    -Infinity,
  ],
  [
    '… and no other',
    [
      ['handshake refused', 'a', 0],
      ['handshake accepted', 'b', 9],
    ],
    2,
    -Infinity,
    30,
  ],
];

test.for(TABLE)('authentication: %s', ([, steps, left, signedAt, dialAt]) => {
  const authentication = new AuthBackoff({ ...defaultBackoff, authenticationMs: 30 });
  for (const [kind, subject, now] of steps) {
    if (kind === 'refused') authentication.requestRefused(subject, now);
    else if (kind === 'accepted') authentication.requestAccepted(subject);
    else if (kind === 'handshake refused') authentication.handshakeRefused(subject, now);
    else authentication.handshakeAccepted(subject);
  }
  expect(authentication.attemptsLeft).toBe(left);
  expect(authentication.signedAt).toBe(signedAt);
  expect(authentication.handshakeClearAt('a')).toBe(dialAt);
});
