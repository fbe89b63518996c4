import { createSequencer } from '@feedtape/sequencer';
import type { Bench } from './measure.ts';
import { mixedTraffic, SHORT_MIX } from './traffic.ts';

const ROUNDS = 200;

/** Judging numbers that are already decoded, against parsing the frames that carry them. */
export const judging: Bench = {
  title: 'Judge the sequence numbers of the traffic mix',
  unit: 'frame',
  subjects: {
    'JSON.parse(text)': () => {
      const texts = [...mixedTraffic(SHORT_MIX)];
      return () => {
        for (const text of texts) JSON.parse(text);
        return texts.length;
      };
    },
    'sequencer.push(number), nothing missing': () => judge(0),
    'sequencer.push(number), one in a hundred missing': () => judge(100),
  },
};

function judge(missingOneIn: number): () => number {
  const numbers = Array.from({ length: SHORT_MIX.frames }, (_, index) => index).filter(
    (number) => missingOneIn === 0 || number % missingOneIn !== 1,
  );
  return () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const sequencer = createSequencer();
      for (const number of numbers) sequencer.push(number);
      if (sequencer.accounting.accepted !== numbers.length) throw new Error('the sequencer lost count');
    }
    return numbers.length * ROUNDS;
  };
}
