// Makes a fixture: imports frames that somebody published, and cuts out what a test needs.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const published = fileURLToPath(
  new URL(
    '../../packages/protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
    import.meta.url,
  ),
);
const folder = mkdtempSync(join(tmpdir(), 'feedtape-example-'));

// #region import
import { importFrames } from '@feedtape/capture/node';

const whole = join(folder, 'session.ndjson');
const { frames, sha256 } = await importFrames(published, whole, {
  source: 'https://github.com/ziyangliu-666/FastMM, published 2026',
  url: 'wss://advanced-trade-ws.coinbase.com',
  startedAt: '2026-09-30T02:39:53.671Z', // the file has monotonic times only
});
console.log(`${frames} frames, sha256 ${sha256.slice(0, 8)}…`);
// #endregion

// #region edit
import { editCapture, verifyCapture } from '@feedtape/capture/node';
import { peek } from '@feedtape/protocol';

const report = join(folder, 'btc-trades.ndjson');
await editCapture(whole, report, {
  classify: peek,
  product: 'BTC-USD',
  where: ({ byteLength }) => byteLength < 1_500, // without the long snapshots
  drop: [{ index: 2 }], // what if this one had been lost?
  note: 'the book is wrong after the second update',
});
const { ok, lines } = await verifyCapture(report);
console.log(`${ok ? 'verified' : 'broken'}, ${lines} lines`);
// #endregion

rmSync(folder, { recursive: true });
