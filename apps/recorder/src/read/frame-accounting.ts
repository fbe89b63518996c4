import type { AccountingPort } from '@feedtape/capture/node';
import { peek } from '@feedtape/protocol';
import { createSequencer, type Sequencer } from '@feedtape/sequencer';

/** Checks sequence numbers as the client does: per connection, from 0. */
export function createFrameAccounting(): AccountingPort {
  const sequencers = new Map<number, Sequencer>();
  let currentRun: string | undefined;
  return {
    judge(connection, bytes, run) {
      if (run !== currentRun) sequencers.clear();
      currentRun = run;
      const { sequence } = peek(bytes);
      if (sequence === undefined) return undefined;
      let sequencer = sequencers.get(connection);
      if (sequencer === undefined) {
        sequencer = createSequencer();
        sequencers.set(connection, sequencer);
      }
      return sequencer.push(sequence);
    },
    numberOf: (bytes) => peek(bytes).sequence,
  };
}
