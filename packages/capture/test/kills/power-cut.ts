import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { frames, repairCapture, verifyCapture } from '@feedtape/capture/node';
import { startRecorder } from './recorder-child.ts';

// The power goes off: `xfs_io -c shutdown` stops a mounted file system from writing one more block, and
// mounting it again replays its journal, as after a cut. On a loop image of ext4 and of xfs, at random instants.
// Needs root, loop mounts and xfsprogs; says so where they are missing.

const POINTS = Number(process.argv[2] ?? 50);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

function available(): string | undefined {
  if (process.getuid?.() !== 0) return 'mounting needs root';
  const tools = ['mkfs.ext4', 'mkfs.xfs', 'xfs_io', 'mount'];
  const missing = tools.filter((tool) => spawnSync('which', [tool]).status !== 0);
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}

interface Disk {
  readonly image: string;
  readonly mount: string;
}

function makeDisk(root: string, type: string): Disk {
  const image = join(root, `${type}.img`);
  const mount = join(root, type);
  execFileSync('truncate', ['-s', '400M', image]);
  execFileSync(`mkfs.${type}`, [...(type === 'xfs' ? ['-f'] : []), '-q', image]);
  mkdirSync(mount);
  execFileSync('mount', ['-o', 'loop', image, mount]);
  return { image, mount };
}

/** Not one block more reaches the image. */
function cutPower({ mount }: Disk): void {
  execFileSync('xfs_io', ['-x', '-c', 'shutdown', mount]);
}

function mountAgain({ image, mount }: Disk): void {
  execFileSync('umount', [mount]);
  execFileSync('mount', ['-o', 'loop', image, mount]);
}

async function countFrames(folder: string, run: string): Promise<number> {
  let count = 0;
  const files = readdirSync(folder).filter((file) => file.startsWith(`${run}-`) && file.endsWith('.ndjson'));
  if (files.length === 0) return 0;
  for await (const _ of frames(files.map((file) => join(folder, file)))) count += 1;
  return count;
}

/** One cut: what the recorder had called durable must be there, and all of it must verify. */
async function cut(disk: Disk, point: number): Promise<{ durable: number; found: number; ok: boolean }> {
  const folder = join(disk.mount, 'capture');
  const options = { folder, url: 'wss://example.test', rotate: { bytes: 500_000 }, fsync: { everyMs: 20 } };
  const child = startRecorder({ options, seed: point, connections: 2, pace: 5, verbose: true });
  const run = (await child.said('ready')).slice('ready '.length);
  await setTimeout(100 + Math.random() * 500);
  // Read first: what is said after the cut does not count.
  const durable = Number(
    child.lines.findLast((line) => line.startsWith('durable '))?.slice('durable '.length) ?? 0,
  );
  cutPower(disk);
  child.process.kill('SIGKILL');
  await child.ended;
  mountAgain(disk);
  await repairCapture(folder);
  const { ok, findings } = await verifyCapture(folder);
  if (!ok) say(JSON.stringify(findings.slice(0, 3)));
  return { durable, found: await countFrames(folder, run), ok };
}

/** How many cuts lost something on a file system of this type. */
async function tryDisk(root: string, type: string): Promise<number> {
  const disk = makeDisk(root, type);
  let failures = 0;
  try {
    for (let point = 1; point <= POINTS; point += 1) {
      const { durable, found, ok } = await cut(disk, point);
      const lost = found < durable || !ok;
      failures += lost ? 1 : 0;
      say(`${type} ${point}: ${durable} durable, ${found} found${lost ? ' LOST' : ''}`);
    }
  } finally {
    spawnSync('umount', ['-l', disk.mount]);
  }
  return failures;
}

const reason = available();
if (reason !== undefined) {
  say(`skipped: ${reason}`);
} else {
  const root = mkdtempSync(join(tmpdir(), 'feedtape-power-'));
  const failures = (await tryDisk(root, 'ext4')) + (await tryDisk(root, 'xfs'));
  rmSync(root, { recursive: true, force: true });
  say(`${failures} of ${POINTS * 2} cuts lost something`);
  process.exitCode = failures === 0 ? 0 : 1;
}
