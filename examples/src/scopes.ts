// Counts per product, and lets a detector check that assumption.
// #region scopes
import { createKeyedSequencer, createScopeDetector } from '@feedtape/sequencer';

const sequencer = createKeyedSequencer({ scope: 'product' });
const detector = createScopeDetector({ scope: 'product', frames: 100 });

// Numbered per connection: the products take turns, so each of them seems to skip every other number.
for (let sequence = 0; sequence < 100; sequence += 1) {
  const frame = { connection: 0, productId: sequence % 2 === 0 ? 'BTC-USD' : 'ETH-USD', sequence };
  sequencer.push(frame);
  const contradiction = detector.push(frame);
  if (contradiction !== undefined)
    console.log(contradiction.assumed, 'does not fit,', contradiction.fits, 'does');
}
console.log(sequencer.streams, 'streams,', sequencer.accounting.gaps, 'gaps');
// #endregion
