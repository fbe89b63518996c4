import type { AccountingPort } from '@feedtape/capture/node';
import { peek } from '@feedtape/protocol';
import { createSequencer, type Sequencer } from '@feedtape/sequencer';

/** The port through which a capture's frames are counted again, and how many connections they came over. */
export interface FrameAccounting extends AccountingPort {
  readonly connections: number;
}

/** Numbers are read as the client reads them and judged as the client judges them: per connection, from 0. */
export function createFrameAccounting(): FrameAccounting {
  let currentRun: string | undefined;
  let connections = 0;
  const sequencers = new Map<number, Sequencer>();

  function sequencerOf(connection: number, run: string): Sequencer {
    if (run !== currentRun) {
      sequencers.clear();
      currentRun = run;
    }
    let sequencer = sequencers.get(connection);
    if (sequencer === undefined) {
      sequencer = createSequencer();
      sequencers.set(connection, sequencer);
      connections += 1;
    }
    return sequencer;
  }

  return {
    get connections() {
      return connections;
    },
    judge(connection, bytes, run) {
      const sequencer = sequencerOf(connection, run);
      const { sequence } = peek(bytes);
      return sequence === undefined ? undefined : sequencer.push(sequence);
    },
  };
}
