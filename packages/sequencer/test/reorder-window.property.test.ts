import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createReorderWindow, createSequencer } from '@feedtape/sequencer';

const displaced = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 300 });

test('law: frames displaced by less than the window are released in order and without a gap', () => {
  fc.assert(
    fc.property(displaced, (delays) => {
      const arrival = delays
        .map((delay, sequence) => ({ sequence, due: sequence + delay }))
        .toSorted((a, b) => a.due - b.due || b.sequence - a.sequence);
      const sequencer = createSequencer();
      const window = createReorderWindow<number>({ release: (_, sequence) => sequencer.push(sequence) });
      for (const { sequence, due } of arrival) window.push(sequence, sequence, due);
      expect(window.held).toBe(0);
      expect(sequencer.accounting).toMatchObject({ received: delays.length, gaps: 0, late: 0 });
    }),
  );
});

test('law: every item is released once, within the limits of number and time', () => {
  const arrivals = fc.array(fc.record({ sequence: fc.nat({ max: 60 }), wait: fc.nat({ max: 120 }) }));
  fc.assert(
    fc.property(arrivals, (pushes) => {
      let now = 0;
      const waitedSince = new Map<number, number>();
      const released: number[] = [];
      const window = createReorderWindow<number>({
        maxItems: 8,
        release: (item) => {
          released.push(item);
          expect(now - (waitedSince.get(item) ?? 0)).toBeLessThanOrEqual(250);
        },
      });
      for (const [item, { sequence, wait }] of pushes.entries()) {
        const until = now + wait;
        // A caller with a timer: it polls at each deadline that comes before the next frame.
        while (window.deadlineMs !== undefined && window.deadlineMs <= until) {
          now = window.deadlineMs;
          window.poll(now);
        }
        now = until;
        waitedSince.set(item, now);
        window.push(sequence, item, now);
        expect(window.held).toBeLessThanOrEqual(8);
      }
      window.flush();
      expect(released.toSorted((a, b) => a - b)).toEqual(pushes.map((_, item) => item));
    }),
  );
});
