import { fileURLToPath } from 'node:url';

const fixture = fileURLToPath(new URL('../fixtures/btc-eth.ndjson', import.meta.url));

// #region frames
import { frames } from '@feedtape/capture/node';
import { decode } from '@feedtape/protocol';
import { expect, test } from 'vitest';

test('every frame of the fixture is understood', async () => {
  for await (const frame of frames(fixture)) expect(decode(frame.bytes).kind).toBe('message');
});
// #endregion
