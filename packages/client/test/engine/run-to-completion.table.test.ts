import { expect, test } from 'vitest';
import { RunToCompletion } from '#engine/run-to-completion';

function start(round: (steps: RunToCompletion, log: string[]) => void = () => {}) {
  const log: string[] = [];
  const steps: RunToCompletion = new RunToCompletion({
    round: () => {
      log.push('round');
      round(steps, log);
    },
    failed: (cause) => void log.push(`failed: ${String(cause)}`),
    deliver: () => void log.push(steps.running ? 'delivered inside' : 'delivered'),
  });
  return { log, steps };
}

test('a transition that changes nothing is followed by what it collected', () => {
  const { log, steps } = start();
  steps.run(() => log.push('one'));
  expect(log).toEqual(['one', 'delivered']);
});

test('what calls in meanwhile waits its turn, and is part of the same settling', () => {
  const { log, steps } = start();
  steps.run(() => {
    steps.run(() => log.push('two'));
    steps.run(() => log.push('three'));
    log.push('one');
  });
  expect(log).toEqual(['one', 'two', 'three', 'round', 'delivered']);
});

test('rounds follow until nothing changes any more', () => {
  let left = 3;
  const { log, steps } = start((all) => {
    if ((left -= 1) > 0) all.requestRound();
  });
  steps.run(() => steps.requestRound());
  expect(log).toEqual(['round', 'round', 'round', 'delivered']);
});

test('rounds without end are a failure, not a loop', () => {
  const { log, steps } = start((all) => all.requestRound());
  steps.run(() => steps.requestRound());
  expect(log.at(-2)).toMatch(/^failed: Error: not settled/);
});

test("the caller's code is called after the transition, and may call in again", () => {
  const { log, steps } = start();
  steps.run(() => {
    steps.afterTransition(() => {
      log.push('theirs');
      steps.run(() => log.push('again'));
      steps.afterTransition(() => log.push('theirs too'));
    });
    log.push('one');
  });
  expect(log).toEqual(['one', 'theirs', 'again', 'delivered', 'theirs too', 'delivered']);
});

test('outside of a transition it is called at once', () => {
  const { log, steps } = start();
  steps.afterTransition(() => log.push('theirs'));
  expect(log).toEqual(['theirs', 'delivered']);
});

test('a throw ends it: told once, nothing runs after it, and what was collected is handed out', () => {
  const { log, steps } = start();
  steps.run(() => {
    steps.run(() => log.push('never'));
    steps.afterTransition(() => log.push('theirs'));
    throw new Error('mine');
  });
  steps.run(() => log.push('never'));
  expect(log).toEqual(['failed: Error: mine', 'theirs', 'delivered']);
});

test('stopped, it runs nothing more', () => {
  const { log, steps } = start();
  steps.run(() => {
    steps.stop();
    steps.requestRound();
    log.push('one');
  });
  steps.run(() => log.push('never'));
  expect(log).toEqual(['one', 'delivered']);
});
