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

test('collected calls run after a transition that changes nothing', () => {
  const { log, steps } = start();
  steps.run(() => log.push('one'));
  expect(log).toEqual(['one', 'delivered']);
});

test('nested transitions run after the current one, before the same delivery', () => {
  const { log, steps } = start();
  steps.run(() => {
    steps.run(() => log.push('two'));
    steps.run(() => log.push('three'));
    log.push('one');
  });
  expect(log).toEqual(['one', 'two', 'three', 'round', 'delivered']);
});

test('rounds repeat until nothing changes', () => {
  let left = 3;
  const { log, steps } = start((all) => {
    if ((left -= 1) > 0) all.requestRound();
  });
  steps.run(() => steps.requestRound());
  expect(log).toEqual(['round', 'round', 'round', 'delivered']);
});

test('endless rounds are a failure, not a loop', () => {
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

test('outside a transition, calls run at once', () => {
  const { log, steps } = start();
  steps.afterTransition(() => log.push('theirs'));
  expect(log).toEqual(['theirs', 'delivered']);
});

test('an error is reported once and stops all transitions, and collected items are delivered', () => {
  const { log, steps } = start();
  steps.run(() => {
    steps.run(() => log.push('never'));
    steps.afterTransition(() => log.push('theirs'));
    throw new Error('mine');
  });
  steps.run(() => log.push('never'));
  expect(log).toEqual(['failed: Error: mine', 'theirs', 'delivered']);
});

test('after stop() nothing runs', () => {
  const { log, steps } = start();
  steps.run(() => {
    steps.stop();
    steps.requestRound();
    log.push('one');
  });
  steps.run(() => log.push('never'));
  expect(log).toEqual(['one', 'delivered']);
});
