import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createSequenceCount,
  editCapture,
  importFrames,
  inspectCapture,
  openWriter,
  verifyCapture,
} from '@feedtape/capture/node';
import type { AccountingPort, SequenceTotals } from '@feedtape/capture/node';
import { peek } from '@feedtape/protocol';
import { createSequencer, type Sequencer } from '@feedtape/sequencer';
import { afterEach, expect, test } from 'vitest';

const folders: string[] = [];
const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'feedtape-count-'));
  folders.push(folder);
  return folder;
};
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })));

const frame = (sequence: number, product: string): Buffer =>
  Buffer.from(
    `{"channel":"l2_data","sequence_num":${sequence},"events":[{"type":"update","product_id":"${product}","updates":[]}]}`,
  );

const numberOf = (bytes: Uint8Array): number | undefined => peek(bytes).sequence;

/** Numbers as the recorder reads and judges them. */
function port(): AccountingPort {
  const sequencers = new Map<string, Sequencer>();
  return {
    judge(connection, bytes, run) {
      const { sequence } = peek(bytes);
      if (sequence === undefined) return undefined;
      const sequencer = sequencers.get(`${run} ${connection}`) ?? createSequencer();
      sequencers.set(`${run} ${connection}`, sequencer);
      return sequencer.push(sequence);
    },
    numberOf,
  };
}

/** A recording of two connections as the feed would note it, and a third whose socket brought nothing. */
async function recorded(folder: string): Promise<void> {
  const writer = await openWriter({ folder, url: 'wss://example.test' });
  writer.connection(0, 'open', {});
  for (const [sequence, product] of [
    [0, 'BTC-USD'],
    [1, 'ETH-USD'],
    [2, 'BTC-USD'],
    [6, 'ETH-USD'],
    [4, 'BTC-USD'],
    [4, 'BTC-USD'],
    [7, 'BTC-USD'],
    [0, 'BTC-USD'],
  ] as const) {
    if (sequence === 6) writer.gap({ connection: 0, why: 'sequence', from: 3, to: 5, count: 3 });
    writer.frame(0, frame(sequence, product), performance.now());
  }
  writer.frame(0, Buffer.from('{"type":"error","message":"no"}'), performance.now());
  writer.connection(0, 'close', { code: 1006 });
  writer.gap({ connection: 0, why: 'restart', count: null });
  writer.connection(1, 'open', {});
  writer.connection(1, 'close', { code: 1006 });
  writer.connection(2, 'close', { code: 1006 });
  writer.gap({ connection: 1, why: 'disconnect', count: null });
  writer.connection(3, 'open', {});
  writer.frame(3, frame(0, 'ETH-USD'), performance.now());
  await writer.close();
}

const both = async (path: string): Promise<readonly (SequenceTotals | undefined)[]> => [
  (await verifyCapture(path, { accounting: port() })).sequence,
  (await inspectCapture(path, { accounting: port() })).sequence,
];

test('verify and inspect count alike: opened sockets, gaps of every reason, a restart once', async () => {
  const folder = temporaryFolder();
  await recorded(folder);
  const figures = {
    connections: 3,
    numbered: 9,
    unnumbered: 1,
    gaps: 3,
    unknownGaps: 2,
    missing: 2,
    late: 1,
    duplicates: 1,
    restarts: 1,
    stale: 0,
    invalid: 0,
    dropped: 0,
  };
  expect(await both(folder)).toEqual([figures, figures]);
  expect((await verifyCapture(folder, { accounting: port() })).findings).toEqual([]);
});

test('what a cut by product left out is not missing, and what was missing still is', async () => {
  const folder = temporaryFolder();
  await recorded(folder);
  for (const product of ['BTC-USD', 'ETH-USD']) {
    const cut = join(temporaryFolder(), `${product}.ndjson`);
    await editCapture(folder, cut, { product, classify: peek });
    const late = product === 'BTC-USD' ? 1 : 0;
    for (const totals of await both(cut)) expect(totals).toMatchObject({ gaps: 3, missing: 3 - late, late });
    const again = join(temporaryFolder(), 'again.ndjson');
    await editCapture(cut, again, {});
    expect(await both(again)).toEqual(await both(cut));
  }
});

test('a cut that begins in the middle of a connection does not claim what came before', async () => {
  const folder = temporaryFolder();
  const writer = await openWriter({ folder, url: 'wss://example.test' });
  writer.connection(0, 'open', {});
  for (const sequence of [0, 1, 2]) writer.frame(0, frame(sequence, 'BTC-USD'), performance.now());
  await new Promise((resolve) => setTimeout(resolve, 30));
  const from = new Date();
  await new Promise((resolve) => setTimeout(resolve, 30));
  for (const sequence of [3, 5]) writer.frame(0, frame(sequence, 'BTC-USD'), performance.now());
  writer.gap({ connection: 0, why: 'sequence', from: 4, to: 4, count: 1 });
  await writer.close();
  const cut = join(temporaryFolder(), 'cut.ndjson');
  await editCapture(folder, cut, { from });
  for (const totals of await both(cut)) expect(totals).toMatchObject({ connections: 1, gaps: 1, missing: 1 });
});

test('a run whose first segments are gone does not claim what they held', () => {
  const count = createSequenceCount(port());
  count.startRun({ run: 'x', whole: false, chosenBy: [] });
  for (const [index, sequence] of [216, 217, 219].entries())
    count.frame(0, frame(sequence, 'BTC-USD'), 216 + index);
  count.opened(1);
  count.frame(1, frame(2, 'BTC-USD'), 0);
  expect(count.totals).toMatchObject({ connections: 2, gaps: 2, missing: 3 });
});

test('a capture of others, which notes no sockets and no gaps, is counted from its frames', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'frames.ndjson');
  writeFileSync(file, [0, 1, 4].map((sequence) => `${frame(sequence, 'BTC-USD').toString()}\n`).join(''));
  const imported = join(folder, 'imported.ndjson');
  await importFrames(file, imported, { source: 'a test' });
  for (const totals of await both(imported))
    expect(totals).toMatchObject({ connections: 1, gaps: 1, unknownGaps: 0, missing: 2 });
});

test('what the recorder dropped arrived: it is neither missing nor in a gap', () => {
  const count = createSequenceCount(port());
  count.startRun({ run: 'x', whole: true, chosenBy: [] });
  count.opened(0);
  count.frame(0, frame(0, 'BTC-USD'), 0);
  count.gap({
    kind: 'gap',
    connection: 0,
    why: 'disk_full',
    from: 1,
    to: 4,
    count: 4,
    at: '2026-11-30T00:00:00Z',
    mono: 0,
  });
  count.frame(0, frame(5, 'BTC-USD'), 5);
  expect(count.totals).toMatchObject({ gaps: 0, missing: 0, dropped: 4 });
  // Of the four numbers before this frame two were received and not written.
  count.frame(0, frame(10, 'BTC-USD'), 8);
  expect(count.totals).toMatchObject({ gaps: 1, missing: 2 });
});

test('what came late is not missing in a cut that leaves it out', async () => {
  const folder = temporaryFolder();
  const writer = await openWriter({ folder, url: 'wss://example.test' });
  writer.connection(0, 'open', {});
  const arrived = [
    [0, 'BTC-USD'],
    [9, 'BTC-USD'],
    [3, 'ETH-USD'],
    [5, 'BTC-USD'],
    [8, 'ETH-USD'],
    [1, 'ETH-USD'],
    [3, 'ETH-USD'],
    [10, 'BTC-USD'],
  ] as const;
  for (const [sequence, product] of arrived) {
    if (sequence === 9) writer.gap({ connection: 0, why: 'sequence', from: 1, to: 8, count: 8 });
    writer.frame(0, frame(sequence, product), performance.now());
  }
  await writer.close();
  const whole = (await verifyCapture(folder, { accounting: port() })).sequence;
  expect(whole).toMatchObject({ missing: 4, late: 4 });

  for (const [product, late] of [
    ['BTC-USD', 1],
    ['ETH-USD', 3],
  ] as const) {
    const cut = join(temporaryFolder(), `${product}.ndjson`);
    await editCapture(folder, cut, { product, classify: peek, numberOf });
    const report = await verifyCapture(cut, { accounting: port() });
    expect(report.findings).toEqual([]);
    expect(report.sequence).toMatchObject({ missing: 4, late });
  }
});
