import { expect, test } from 'vitest';
import { inspectCapture } from '@feedtape/capture/node';
import type { CaptureRecord } from '@feedtape/capture';
import {
  frameLine,
  gapLine,
  headerLine,
  instantAt,
  sealedText,
  temporaryFolder,
  writeSealed,
} from '../capture-files.ts';

const classify = (bytes: Uint8Array) => {
  const { channel, product } = JSON.parse(Buffer.from(bytes).toString()) as {
    channel: string;
    product?: string;
  };
  return { channel, productId: product };
};

test('an inspection describes a capture', async () => {
  const folder = temporaryFolder();
  const open: CaptureRecord = { kind: 'connection', connection: 1, event: 'open', at: instantAt(0), mono: 0 };
  const disconnect: CaptureRecord = {
    ...gapLine('disconnect', 0, 0, 2500),
    connection: 1,
    count: null,
  } as CaptureRecord;
  writeSealed(
    folder,
    '20261122T055412Z-00000001-000000.ndjson',
    sealedText([
      headerLine(),
      open,
      frameLine({ connection: 1, index: 0, ms: 0 }),
      frameLine({ index: 0, ms: 100 }),
      frameLine({
        index: 1,
        ms: 1100,
        text: `{"channel":"l2_data","product":"BTC-USD","pad":"${'x'.repeat(5000)}"}`,
      }),
      frameLine({ index: 2, ms: 1200 }),
      frameLine({ index: 3, ms: 1900 }),
      gapLine('sequence', 3, 7, 2000),
      gapLine('sequence', 9, 9, 2000),
      disconnect,
    ]),
  );
  const inspection = await inspectCapture(folder, { classify, largest: 2 });
  const [run] = inspection.runs;
  expect(inspection).toMatchObject({
    frames: 5,
    largest: [
      { connection: 0, index: 1 },
      { connection: 1, index: 0 },
    ],
  });
  expect(run).toMatchObject({
    run: '20261122T055412Z-00000001',
    url: 'wss://example.test',
    private: false,
    from: instantAt(0),
    to: instantAt(1900),
    spanMs: 1900,
    busiestSecond: { frames: 3, atMs: 1000 },
    longestSilence: { ms: 1000, atMs: 100 },
    channels: [
      { name: 'heartbeats', frames: 4 },
      { name: 'l2_data', frames: 1 },
    ],
    products: [{ name: 'BTC-USD', frames: 1 }],
    connections: [
      { connection: 1, frames: 1, events: { open: 1 } },
      { connection: 0, frames: 4, from: instantAt(100), to: instantAt(1900) },
    ],
    gaps: [
      { why: 'sequence', records: 2, count: 6, unknown: 0 },
      { why: 'disconnect', records: 1, count: 0, unknown: 1 },
    ],
    segments: [{ form: 'plain', ended: 'close' }],
  });
  expect(run?.framesPerSecond).toBeCloseTo(5 / 1.9);
});

test('without classify, channels and products are not reported', async () => {
  const path = writeSealed(
    temporaryFolder(),
    'x.ndjson',
    sealedText([headerLine(), frameLine({ index: 0, ms: 1 })]),
  );
  expect((await inspectCapture(path)).runs[0]).toMatchObject({
    frames: 1,
    channels: [],
    products: [],
    framesPerSecond: 0,
  });
});

test('a gap is told with its time since the start of the run, in any segment', async () => {
  const folder = temporaryFolder();
  const first = sealedText(
    [headerLine(), frameLine({ index: 0, ms: 100 }), gapLine('sequence', 1, 1, 200)],
    'rotate',
  );
  writeSealed(folder, '20261122T055412Z-00000001-000000.ndjson', first);
  writeSealed(
    folder,
    '20261122T055412Z-00000001-000001.ndjson',
    sealedText([
      headerLine({ segment: 1, previous: first.endSha256, mono: 5e9 }),
      gapLine('sequence', 2, 2, 300),
      frameLine({ index: 1, ms: 400 }),
    ]),
  );
  const times: number[] = [];
  await inspectCapture(folder, { classify, onGap: (_gap, _run, mono) => times.push(mono / 1e6) });
  expect(times).toEqual([200, 5300]);
});
