import type { LifePlan, Step, WorldPlan } from './world-plan.ts';

/** The same without the element at `at`. */
const without = <T>(list: readonly T[], at: number): T[] => list.filter((_, index) => index !== at);

/** Plans that are a little simpler, the boldest first. */
function* simpler(plan: WorldPlan): Generator<WorldPlan> {
  for (let at = plan.lives.length - 1; at >= 0; at -= 1) yield { ...plan, lives: without(plan.lives, at) };
  if (plan.retention !== null) yield { ...plan, retention: null };
  if (plan.posixAppend) yield { ...plan, posixAppend: false };
  if (!plan.ordered) yield { ...plan, ordered: true };
  for (const [at, life] of plan.lives.entries()) {
    for (const less of simplerLives(life)) yield { ...plan, lives: plan.lives.with(at, less) };
  }
}

function* simplerLives(life: LifePlan): Generator<LifePlan> {
  for (let half = Math.floor(life.steps.length / 2); half >= 1; half = Math.floor(half / 2)) {
    for (let from = 0; from + half <= life.steps.length; from += half)
      yield { ...life, steps: life.steps.filter((_, at) => at < from || at >= from + half) };
  }
  for (let at = 0; at < life.faults.length; at += 1) yield { ...life, faults: without(life.faults, at) };
  if (life.slowCalls > 0) yield { ...life, slowCalls: 0 };
  if (life.crash !== null) yield { ...life, crash: null };
  if (life.crash?.how === 'power') yield { ...life, crash: { ...life.crash, how: 'kill' } };
  if (life.repaired) yield { ...life, repaired: false };
  if (life.closedTwice) yield { ...life, closedTwice: false };
  const plain = { rotateMs: 3_600_000, compress: 'none', reserveBytes: 0, maxFileBytes: null } as const;
  for (const [key, value] of Object.entries(plain)) {
    if (life.options[key as keyof typeof plain] !== value)
      yield { ...life, options: { ...life.options, [key]: value } };
  }
  for (const [at, step] of life.steps.entries()) {
    for (const less of simplerSteps(step)) yield { ...life, steps: life.steps.with(at, less) };
  }
}

function* simplerSteps(step: Step): Generator<Step> {
  if (step.do !== 'frames') return;
  if (step.count > 1) yield { ...step, count: Math.floor(step.count / 2) };
  if (step.count > 2) yield { ...step, count: step.count - 1 };
  if (step.everyMs > 0) yield { ...step, everyMs: 0 };
  if (step.of !== 'object') yield { ...step, of: 'object' };
}

/**
 * Makes a plan that fails as small as it goes: lives, steps, faults and options are left out while it still fails.
 * Crashes move with the calls before them, so each one is tried at every call once no more can be left out.
 */
export async function shrink(
  plan: WorldPlan,
  fails: (plan: WorldPlan) => Promise<boolean>,
  tries = 2_000,
): Promise<WorldPlan> {
  let smallest = plan;
  let left = tries;
  for (let again = true; again && left > 0;) {
    again = false;
    for (const less of simpler(smallest)) {
      left -= 1;
      if (left <= 0) break;
      if (!(await fails(less))) continue;
      smallest = less;
      again = true;
      break;
    }
  }
  return smallest;
}
