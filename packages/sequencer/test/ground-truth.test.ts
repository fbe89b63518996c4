// @module-tag slow
// @module-tag seeded

import { expect, test } from 'vitest';
import { createSequencer } from '@feedtape/sequencer';
import { injectFaults } from './faulty-connections.ts';

const { FEED_SEED: given, FEEDTAPE_SEED: fixed, FEEDTAPE_TIMES: times = '1' } = process.env;
const seeds =
  given === undefined
    ? [4_271_262_895, ...Array.from({ length: Number(times) }, (_, index) => Number(fixed) + index)]
    : [Number(given)];

test.for(seeds)(
  '10 million frames through every fault: the accounting is the ledger of the injector (FEED_SEED=%i)',
  { timeout: 120_000 },
  (seed) => {
    const sequencer = createSequencer();
    const ledger = injectFaults(
      { seed, frames: 10_000_000, connectionFrames: 115_000 },
      (sequence) => void sequencer.push(sequence),
      () => void sequencer.close(),
    );
    const { accounting } = sequencer;
    expect(accounting).toMatchObject({
      received: ledger.received,
      accepted: ledger.unique,
      duplicates: ledger.repeated,
      late: ledger.overtaken,
      invalid: ledger.unreadable,
      missing: ledger.lost,
      unknownGaps: ledger.connections,
      stale: 0,
    });
    expect(accounting.received).toBe(
      accounting.accepted + accounting.duplicates + accounting.stale + accounting.invalid,
    );
    expect(accounting.missing).toBe(accounting.framesInGaps - accounting.late);
    expect(accounting.lost).toBe(accounting.missing);
  },
);
