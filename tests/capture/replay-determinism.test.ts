// @module-tag slow

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editCapture, importFrames, openWriter, replay, verifyCapture } from '@feedtape/capture/node';
import type { AccountingPort, FrameStream } from '@feedtape/capture/node';
import { peek } from '@feedtape/protocol';
import { createSequencer } from '@feedtape/sequencer';
import type { Sequencer } from '@feedtape/sequencer';
import { afterEach, beforeEach, expect, test } from 'vitest';

const published = fileURLToPath(
  new URL(
    '../../packages/protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
    import.meta.url,
  ),
);

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'feedtape-replay-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The published session with frames 3 and 20 to 22 missing, and 8 and 9 in each other's place. */
async function makeLossy(): Promise<string> {
  const whole = join(folder, 'whole.ndjson');
  const lossy = join(folder, 'lossy.ndjson');
  await importFrames(published, whole, { source: 'FastMM' });
  await editCapture(whole, lossy, {
    drop: [3, 20, 21, 22].map((index) => ({ index })),
    swap: [[{ index: 8 }, { index: 9 }]],
  });
  return lossy;
}

/** Everything that a sequencer says of a stream, and what it adds up to. */
async function judged(
  stream: FrameStream,
): Promise<{ readonly sha256: string; readonly sequencer: Sequencer }> {
  const sequencer = createSequencer();
  const hash = createHash('sha256');
  for await (const frame of stream) {
    const verdict = sequencer.push(peek(frame.bytes).sequence);
    hash.update(`${frame.index} ${frame.at} ${JSON.stringify(verdict)}\n`).update(frame.bytes);
  }
  return { sha256: hash.digest('hex'), sequencer };
}

test('a capture replayed at any speed makes the sequencer say the same, byte for byte', async () => {
  const path = await makeLossy();
  const { sha256, sequencer } = await judged(replay(path, { speed: 'max' }));
  expect(sequencer.accounting).toMatchObject({ received: 30, accepted: 30, gaps: 3, missing: 4, late: 1 });
  for (const speed of ['max', 'recorded', 100] as const) {
    const again = await judged(replay(path, { speed }));
    expect({ speed, sha256: again.sha256 }).toEqual({ speed, sha256 });
    expect(again.sequencer.accounting).toEqual(sequencer.accounting);
  }
});

/** One sequencer a connection, as in a recording. */
function accounting(): AccountingPort {
  const sequencers = new Map<string, Sequencer>();
  return {
    judge(connection, bytes, run) {
      const { sequence } = peek(bytes);
      if (sequence === undefined) return undefined;
      const key = `${run} ${connection}`;
      const sequencer = sequencers.get(key) ?? createSequencer();
      sequencers.set(key, sequencer);
      return sequencer.push(sequence);
    },
  };
}

test('verify counts as the sequencer counts', async () => {
  const report = await verifyCapture(await makeLossy(), { accounting: accounting() });
  expect(report).toMatchObject({
    ok: true,
    sequence: {
      numbered: 30,
      unnumbered: 0,
      gaps: 3,
      missing: 4,
      late: 1,
      duplicates: 0,
      stale: 0,
      invalid: 0,
    },
  });
});

test('a recording whose gaps were noted as they came verifies, and one whose were not does not', async () => {
  for (const noted of [true, false]) {
    const into = join(folder, String(noted));
    const writer = await openWriter({ folder: into, url: 'wss://example.test' });
    const sequencer = createSequencer();
    for await (const { bytes } of replay(await makeLossy(), { speed: 'max' })) {
      writer.frame(0, bytes, performance.now());
      const verdict = sequencer.push(peek(bytes).sequence);
      if (verdict.kind !== 'gap' || !noted) continue;
      writer.gap({ connection: 0, why: 'sequence', count: verdict.count, ...verdict.missing });
    }
    await writer.close();
    rmSync(join(folder, 'whole.ndjson'));
    rmSync(join(folder, 'lossy.ndjson'));
    const { ok, findings } = await verifyCapture(into, { accounting: accounting() });
    expect({ noted, ok, found: findings.map(({ promise }) => promise) }).toEqual({
      noted,
      ok: noted,
      found: noted ? [] : ['sequence', 'sequence', 'sequence'],
    });
  }
});
