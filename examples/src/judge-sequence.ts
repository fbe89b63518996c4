// Judges the numbers of one connection and says what is missing.
// #region judge
import { createSequencer } from '@feedtape/sequencer';

const sequencer = createSequencer(); // a connection counts from 0
for (const sequence of [0, 1, 5, 3, 3, 6]) console.log(sequence, JSON.stringify(sequencer.push(sequence)));

const { received, accepted, duplicates, missing } = sequencer.accounting;
console.log({ received, accepted, duplicates, missing });
console.log(sequencer.close()); // the connection ended: how many more were lost, nobody knows
// #endregion
