// @module-tag slow
// @module-tag seeded

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { frames, readManifest, repairCapture, verifyCapture } from '@feedtape/capture/node';
import { nodeFiles } from '#node/fs/node-file-system';
import { temporaryFolder } from '../capture-files.ts';
import { ledgerFrame } from '../ledger.ts';
import { startRecorder } from '../kills/recorder-child.ts';

const KILLS = 10 * Number(process.env['FEEDTAPE_TIMES'] ?? 1);
/** So many runs share a folder: each goes on with what the one before left uncompressed. */
const RUNS_A_FOLDER = 5;
const SEED = Number(process.env['FEED_SEED'] ?? process.env['FEEDTAPE_SEED']);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A number in [0, 1) that the seed and the place alone decide. */
function fraction(place: number): number {
  return createHash('md5').update(`${SEED}/${place}`).digest().readUInt32BE() / 2 ** 32;
}

const suffixes = { zstd: '.zst', gzip: '.gz' } as const;

function decompressed(path: string): Buffer | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return (path.endsWith('.gz') ? gunzipSync : zstdDecompressSync)(readFileSync(path));
  } catch {
    return undefined;
  }
}

interface Copies {
  readonly plain: boolean;
  readonly compressed: boolean;
}

/** Which whole copies there are of each segment that was ever sealed. */
async function copiesIn(folder: string, how: keyof typeof suffixes): Promise<Map<string, Copies>> {
  const copies = new Map<string, Copies>();
  const sealed = (await readManifest(nodeFiles, folder)).filter((entry) => entry.kind === 'sealed');
  for (const { file, sha256: identity } of sealed) {
    const path = join(folder, file);
    const text = decompressed(`${path}${suffixes[how]}`);
    copies.set(file, {
      plain: existsSync(path) && sha256(readFileSync(path)) === identity,
      compressed: text !== undefined && sha256(text) === identity,
    });
  }
  return copies;
}

interface KilledRun {
  readonly run: string;
  readonly seed: number;
  /** What it had said was durable. */
  readonly durable: number;
}

/** Every frame of every run in a folder once, in order and byte for byte, from whichever copy it is in. */
async function expectEachFrameOnce(folder: string, runs: readonly KilledRun[]): Promise<void> {
  const next = new Map<string, number>();
  const counts = new Map<string, number>();
  for await (const { run, connection, index, bytes } of frames(folder)) {
    const seed = runs.find((killed) => killed.run === run)?.seed ?? Number.NaN;
    const key = `${run} connection ${connection}`;
    expect(index, `${key}: a frame is missing or there twice`).toBe(next.get(key) ?? 0);
    expect(Buffer.compare(bytes, ledgerFrame(seed, connection, index).bytes), `${key}, ${index}`).toBe(0);
    next.set(key, index + 1);
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  for (const { run, durable } of runs)
    expect(counts.get(run) ?? 0, `${run}: a durable frame is gone`).toBeGreaterThanOrEqual(durable);
}

/** A run that is killed some time after its compressor has begun to work. */
async function killedRun(folder: string, how: keyof typeof suffixes, kill: number): Promise<KilledRun> {
  const seed = SEED + kill;
  const options = {
    folder,
    url: 'wss://example.test',
    rotate: { bytes: 50_000 },
    compress: how,
    fsync: { everyMs: 20 },
  } as const;
  const child = startRecorder({ options, seed, connections: 2, pace: 5, verbose: true });
  const run = (await child.said('ready')).slice('ready '.length);
  await child.said('event sealed');
  await setTimeout(fraction(kill) * 100);
  child.process.kill('SIGKILL');
  expect(await child.ended).toBe('SIGKILL');
  const durable = child.lines.findLast((line) => line.startsWith('durable '));
  return { run, seed, durable: Number(durable?.slice('durable '.length) ?? 0) };
}

test(
  `${KILLS} SIGKILLs while segments are compressed, with gzip and with zstd: a whole copy of each is there, and none counts twice (seed ${SEED})`,
  { timeout: 3_600_000 },
  async () => {
    let folder = '';
    let runs: KilledRun[] = [];
    let unfinished = 0;
    let compressed = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const how = Math.floor(kill / RUNS_A_FOLDER) % 2 === 0 ? 'gzip' : 'zstd';
      if (kill % RUNS_A_FOLDER === 0) {
        folder = join(temporaryFolder(), 'capture');
        runs = [];
      }
      runs.push(await killedRun(folder, how, kill));
      const place = `kill ${kill}, seed ${SEED}`;
      for (const [file, copies] of await copiesIn(folder, how))
        expect(Object.values(copies), `${file}: no whole copy at ${place}`).toContain(true);
      await expectEachFrameOnce(folder, runs);
      unfinished += readdirSync(folder).filter(
        (file) => file.includes(suffixes[how]) && file.endsWith('.tmp'),
      ).length;

      await repairCapture(folder);
      for (const [file, copies] of await copiesIn(folder, how)) {
        expect(copies.plain, `${file}: both copies or none after ${place}`).toBe(!copies.compressed);
        if (copies.compressed) compressed += 1;
      }
      expect(readdirSync(folder).filter((file) => /\.(?:partial|tmp)$/u.test(file))).toEqual([]);
      await expectEachFrameOnce(folder, runs);
      const { ok, findings } = await verifyCapture(folder);
      expect({ place, ok, findings }).toMatchObject({ ok: true });
    }
    // Else nothing was tried: the kills have to meet the compressor at work, and not always before its first segment.
    expect(unfinished, `seed ${SEED}`).toBeGreaterThan(0);
    expect(compressed, `seed ${SEED}`).toBeGreaterThan(0);
  },
);
