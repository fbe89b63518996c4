// Restores the order of a transport that reorders frames.
// #region reorder
import { createReorderWindow, createSequencer } from '@feedtape/sequencer';

const sequencer = createSequencer();
const window = createReorderWindow<string>({
  maxItems: 64,
  maxDelayMs: 250,
  release: (frame, sequence) => console.log(frame, sequencer.push(sequence).kind),
});

window.push(0, 'a', 0);
window.push(2, 'c', 10); // held back: 1 is missing
window.push(1, 'b', 20);
window.push(4, 'e', 30); // held back until its deadline
console.log('poll at', window.deadlineMs);
window.poll(280);
// #endregion
