import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openWriter, repairCapture, verifyCapture } from '@feedtape/capture/node';
import type { Timers, WriterEvent } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { systemError, watchedFiles } from '../faulty-files.ts';
import { ledgerFrame } from '../ledger.ts';
import { expectLedger, recordsIn, segmentsOf, total } from '../recorded-frames.ts';

const NIGHTLY = process.env['FEEDTAPE_NIGHTLY'] === '1';
const FIRST_SEED = Number(process.env['FEEDTAPE_SEED'] ?? 1);
const SEEDS = NIGHTLY ? 500 : 24;

/** Waiting for a disk takes a fiftieth of the time. */
const fastTimers: Timers = {
  after(ms, run) {
    const timer = globalThis.setTimeout(run, ms / 50);
    return () => clearTimeout(timer);
  },
  afterInBackground(ms, run) {
    const timer = globalThis.setTimeout(run, ms / 50);
    return () => clearTimeout(timer);
  },
};

function seededRandom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const CALLS = ['open', 'write', 'datasync', 'rename', 'sync', 'truncate', 'unlink'];
const CODES = ['ENOSPC', 'EDQUOT', 'EMFILE', 'EIO'];

/** What the disk does for a while: calls of these kinds fail with this code, this many times. */
interface Weather {
  readonly calls: readonly string[];
  readonly code: string;
  left: number;
}

interface Told {
  readonly offered: number;
  readonly recorded: number;
  readonly dropped: number;
  readonly sealedAll: boolean;
  readonly folder: string;
  readonly events: readonly WriterEvent[];
}

/** A recording in changing weather, which may end in the middle of a storm. */
async function recordThrough(seed: number): Promise<Told> {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item;
  const folder = join(temporaryFolder(), 'capture');
  const events: WriterEvent[] = [];
  let weather: Weather | undefined;
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    run: 'run',
    rotate: { bytes: pick([3_000, 20_000, 1_000_000]) },
    maxQueuedBytes: pick([16_000, 64_000, 1_000_000]),
    reserveBytes: pick([0, 4096]),
    fsync: pick(['always', 'never', { everyMs: 200 }] as const),
    environment: { timers: fastTimers },
    files: watchedFiles(({ name, path }) => {
      if (weather === undefined || weather.left === 0 || path.includes('writer.lock')) return undefined;
      if (!weather.calls.includes(name)) return undefined;
      weather.left -= 1;
      throw systemError(weather.code);
    }),
    onEvent: (event) => events.push(event),
  });
  const next = [0, 0, 0];
  writer.connection(0, 'open');
  for (let phase = random(6) + 2; phase > 0; phase -= 1) {
    const clear = { calls: [], code: 'EIO', left: 0 };
    const storm = { calls: CALLS.filter(() => random(3) === 0), code: pick(CODES), left: pick([1, 3, 1e9]) };
    weather = random(2) === 0 ? clear : storm;
    for (let turn = random(20); turn >= 0; turn -= 1) {
      for (let n = random(12); n >= 0; n -= 1) {
        const connection = random(next.length);
        const index = next[connection] as number;
        next[connection] = index + 1;
        const { bytes, binary } = ledgerFrame(seed, connection, index);
        writer.frame(connection, bytes, performance.now(), binary);
      }
      await setTimeout(random(3));
    }
  }
  const { frames, dropped } = await writer.close();
  weather = undefined;
  const sealedAll = !readdirSync(folder).some((file) => file.endsWith('.partial'));
  return {
    offered: next.reduce((sum, count) => sum + count, 0),
    recorded: frames,
    dropped,
    sealedAll,
    folder,
    events,
  };
}

test.for(Array.from({ length: SEEDS }, (_, n) => FIRST_SEED + n))(
  'whatever the disk refuses, recorded and stated are what was received (seed %i)',
  { timeout: 60_000 },
  async (seed) => {
    const { offered, recorded, dropped, sealedAll, folder } = await recordThrough(seed);
    expect(recorded + dropped).toBe(offered);
    await repairCapture(folder);
    const { frames, gaps } = expectLedger(folder, 'run', seed);
    const stated = gaps.reduce((sum, { count }) => sum + (count ?? 0), 0);
    expect(total(frames)).toBe(recorded);
    const all = segmentsOf(folder, 'run').flatMap((file) => recordsIn(join(folder, file)));
    const unknown = all.some((record) => record.kind === 'gap' && record.count === null);
    // Unknown is only what the last segment could not say, because it could not be sealed.
    expect(unknown && sealedAll).toBe(false);
    expect(stated).toBeLessThanOrEqual(dropped);
    expect(unknown || stated === dropped, `${stated} stated, ${dropped} dropped`).toBe(true);
    const { ok, findings } = await verifyCapture(folder);
    expect({ ok, findings }).toMatchObject({ ok: true });
  },
);
