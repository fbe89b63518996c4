// @module-tag slow

import { afterAll, expect, test } from 'vitest';
import { failedOnce } from './failed-once.ts';
import { createReadingRoom } from './reader-answers.ts';
import { shrink } from './shrink.ts';
import { liveWorld } from './world.ts';
import { planWorld } from './world-plan.ts';
import type { WorldPlan } from './world-plan.ts';

// Many lives of a writer, on a disk in memory, each on what the one before has left. A seed decides everything;
// FEEDTAPE_LIFE_SEED runs one of them, and says what is wrong in a world that is as small as it goes.

const NIGHTLY = process.env['FEEDTAPE_NIGHTLY'] === '1';
const LIVES = Number(process.env['FEEDTAPE_LIVES'] ?? (NIGHTLY ? 100_000 : 2_000));
const SEED = process.env['FEEDTAPE_LIFE_SEED'];

const readers = createReadingRoom();
afterAll(() => readers.close());

const findingsOf = async (plan: WorldPlan): Promise<readonly string[]> =>
  (await liveWorld(plan, { readers })).findings;

/** What is wrong in the world of a seed, and in the smallest world in which something is; empty when all is well. */
async function faultsOf(seed: number): Promise<{ readonly lives: number; readonly faults: string }> {
  const { lives, findings } = await liveWorld(planWorld(seed), { readers });
  if (findings.length === 0) return { lives, faults: '' };
  const smallest = await shrink(planWorld(seed), async (plan) => (await findingsOf(plan)).length > 0, 400);
  const again = `FEEDTAPE_LIFE_SEED=${seed} vitest run packages/capture/test/lives/lives.test.ts`;
  const less = (await findingsOf(smallest)).slice(0, 3).join('\n');
  const faults = `seed ${seed}: ${findings.slice(0, 5).join('\n')}\n${again}\n${less}\nin ${JSON.stringify(smallest)}`;
  return { lives, faults };
}

test.for(failedOnce)('fails no more: $what', async ({ plan }) => {
  expect(await findingsOf(plan)).toEqual([]);
});

async function traceOf(seed: number): Promise<string> {
  const lines: string[] = [];
  await liveWorld(planWorld(seed), { trace: (text) => lines.push(text()) });
  return lines.join('\n');
}

test('a seed decides everything that happens', async () => {
  const once = await traceOf(7);
  expect(once.length).toBeGreaterThan(10_000);
  expect(await traceOf(7)).toBe(once);
});

test.skipIf(SEED !== undefined)(
  `${LIVES} lives lose nothing but what is stated, and leave a folder that is true`,
  { timeout: 60_000 + LIVES * 300 },
  async () => {
    for (let seed = 1, lived = 0; lived < LIVES; seed += 1) {
      const { lives, faults } = await faultsOf(seed);
      expect(faults).toBe('');
      lived += lives;
    }
  },
);

test.runIf(SEED !== undefined)('the world of FEEDTAPE_LIFE_SEED', { timeout: 600_000 }, async () => {
  const { faults } = await faultsOf(Number(SEED));
  expect(faults).toBe('');
});
