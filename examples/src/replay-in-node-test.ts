// The same in node:test, with recorded time that passes when the test says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const fixture = fileURLToPath(new URL('../fixtures/btc-eth.ndjson', import.meta.url));

// #region frames
import { frames } from '@feedtape/capture/node';

await test('every update has its product', async () => {
  for await (const frame of frames(fixture)) assert.match(frame.text(), /"product_id":"(?:BTC|ETH)-USD"/);
});
// #endregion

// #region step
import { stepThrough } from '@feedtape/capture/node';

await test('nothing comes for a third of a second, then much at once', async () => {
  const tape = stepThrough(fixture);
  const first = await tape.next(); // one frame …
  const soon = await tape.advance(300); // … or all of the next 300 ms, without waiting for them
  const later = await tape.advance(30);
  assert.deepEqual([first?.index, soon.length, later.length], [0, 3, 17]);
  await tape.close();
});
// #endregion
