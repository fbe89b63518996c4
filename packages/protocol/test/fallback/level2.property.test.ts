import { MESSAGE_SCHEMAS } from '@feedtape/protocol';
import { isWellFormedLevel2 } from '#fallback/level2';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mutate, seededRandom } from '../frame-mutations.ts';
import { realFrames } from '../real-frames.ts';

const frames = realFrames.filter((frame) => frame.startsWith('{"channel":"l2_data"') && frame.length < 8_000);
const accepts = (value: unknown): boolean => MESSAGE_SCHEMAS.l2_data.safeParse(value).success;

test('every published level2 frame passes the shortcut of its schema', () => {
  expect(frames.length).toBeGreaterThan(5);
  for (const frame of frames) expect(isWellFormedLevel2(JSON.parse(frame))).toBe(true);
});

test('the schema accepts what its shortcut accepts, with any value in place of a text or number', () => {
  const odd = fc.oneof(
    fc.constantFrom('', '0', '.', '1.', '.1', '-1', '1e5', '01', '1..2', ' 1', '٣', '9'.repeat(40)),
    fc.constantFrom(null, true, -1, 0.5, -0, 2 ** 53, 1e300, [], {}),
    fc.string(),
  );
  const mostly = (usual: unknown): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 30, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: odd });
  const listOf = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
    fc.oneof({ weight: 30, arbitrary: fc.array(item, { maxLength: 3 }) }, { weight: 1, arbitrary: odd });
  const update = fc.record({
    side: mostly('bid'),
    event_time: mostly('2026-09-30T02:39:54Z'),
    price_level: mostly('83277.26'),
    new_quantity: mostly('0'),
  });
  const event = fc.record({ type: mostly('update'), product_id: mostly('BTC-USD'), updates: listOf(update) });
  const frame = fc.record(
    {
      channel: fc.constant('l2_data'),
      client_id: mostly(''),
      timestamp: mostly('2026-09-30T02:39:54Z'),
      sequence_num: mostly(7),
      events: listOf(event),
    },
    { requiredKeys: ['channel', 'timestamp', 'sequence_num', 'events'] },
  );
  let plain = 0;
  fc.assert(
    fc.property(frame, (value) => {
      const is = isWellFormedLevel2(value);
      if (is) plain += 1;
      expect(!is || accepts(value)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  expect(plain).toBeGreaterThan(1_000);
});

test('the schema accepts what its shortcut accepts, after any mutation', () => {
  const seed = Number(process.env['FEED_SEED'] ?? 16);
  const random = seededRandom(seed);
  let plain = 0;
  for (let index = 0; index < 20_000; index += 1) {
    const frame = mutate(Buffer.from(frames[Math.floor(random() * frames.length)]!), random).toString();
    let value: unknown;
    try {
      value = JSON.parse(frame);
    } catch {
      continue;
    }
    if (typeof value !== 'object' || value === null || Reflect.get(value, 'channel') !== 'l2_data') continue;
    if (!isWellFormedLevel2(value as Record<string, unknown>)) continue;
    plain += 1;
    expect(accepts(value), `seed ${seed}: ${frame}`).toBe(true);
  }
  expect(plain).toBeGreaterThan(100);
});
