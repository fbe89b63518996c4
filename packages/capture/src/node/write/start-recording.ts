import { createBlockQueue } from './block-queue.ts';
import type { CaptureWriter } from './writer-api.ts';
import { createDropCounter } from './drop-counter.ts';
import { startBackgroundTasks } from '../seal/background-tasks.ts';
import { isDiskFull } from '../fs/file-system.ts';
import { LOCK_REFRESH_MS } from '../lock/folder-lock.ts';
import type { FolderLock } from '../lock/folder-lock.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import { OpenConnections } from '../segment/open-connections.ts';
import { Writer } from './writer.ts';
import { createReserveFile } from '../fs/reserve-file.ts';
import type { ReserveFile } from '../fs/reserve-file.ts';
import type { SegmentFile } from '../segment/segment-file.ts';
import { createSegmentRotation } from './segment-rotation.ts';
import type { SegmentRotation } from './segment-rotation.ts';
import { StampClock } from '../segment/stamp-clock.ts';
import type { SegmentZero } from '../segment/stamp-clock.ts';
import { sleep } from '../system/timers.ts';
import type { Timers } from '../system/timers.ts';
import type { Effect } from './write-effects.ts';
import { WriteLoop } from './write-loop.ts';
import type { WriterSettings } from './options.ts';

const OPEN_ATTEMPTS = 5;
const OPEN_RETRY_MS = 100;
const NAMING: ReadonlySet<string> = new Set(['open', 'probe', 'release', 'remove', 'seal', 'durable']);
const WRITING: ReadonlySet<string> = new Set(['write', 'checkpoint', 'state-drops']);

/** Starts a run in a folder that is locked and in order. When it fails, nothing of the run is left. */
export async function startRecording(settings: WriterSettings, held: LockedFolder): Promise<CaptureWriter> {
  const { files, folder, timers } = settings;
  const reserve = createReserveFile(files, folder, settings.reserveBytes);
  await fillAtStart(reserve, settings);
  const { lock } = held;
  const tasks = startBackgroundTasks(settings, held, () => rotation.oldestUnsealed);
  const rotation = createSegmentRotation(settings, held, tasks.sealed);
  const time = new StampClock(settings.clock);
  const zero = time.start(settings.clock.now());
  let segment: SegmentFile;
  try {
    segment = await openFirst(rotation, zero, timers);
  } catch (error) {
    await rotation.withdraw().catch(() => undefined);
    await reserve.release().catch(() => undefined);
    throw error;
  }
  tasks.resume();
  const drops = createDropCounter();
  const connections = new OpenConnections();
  const queue = createBlockQueue(settings.maxQueuedBytes, () => writer.wake());
  const loop = new WriteLoop({
    settings,
    queue,
    drops,
    reserve,
    rotation,
    time,
    segment,
    zero,
    fence: (what) => fence(lock, what),
    connections,
    onWritten: () => writer.onWritten(),
    onDiskFull: tasks.applyRetention,
  });
  lock.lost.addEventListener('abort', () => loop.lost(lock.lost.reason), { once: true });
  const release = async (): Promise<void> => {
    await tasks.finish();
    // The recording is sealed by now. A lock that stays is replaced by the next start.
    await lock.release().catch((error: unknown) => settings.emit({ kind: 'io-error', error }));
  };
  const writer: Writer = new Writer({
    settings,
    queue,
    drops,
    time,
    loop,
    connections,
    rotation,
    lock,
    release,
  });
  return writer;
}

/** A failure that passes within half a second is no reason not to start. */
async function openFirst(rotation: SegmentRotation, zero: SegmentZero, timers: Timers): Promise<SegmentFile> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rotation.open(zero, []);
    } catch (error) {
      if (attempt === OPEN_ATTEMPTS || isDiskFull(error)) throw error;
    }
    await sleep(timers, OPEN_RETRY_MS);
  }
}

/** A disk that is nearly full is no reason not to start; without the reserve there is less room to seal. */
async function fillAtStart(reserve: ReserveFile, { emit }: WriterSettings): Promise<void> {
  try {
    await reserve.fill();
  } catch (error) {
    emit({ kind: 'io-error', error });
  }
}

/**
 * Asked before each effect and each promise. A block goes into a file that is open, and that a copy has taken the place of when somebody
 * else has the folder; what makes or removes a name, is the last of a segment, or was promised, needs the folder at this moment.
 */
async function fence(lock: FolderLock, what: Effect['kind'] | 'durable'): Promise<void> {
  if (NAMING.has(what)) await lock.assertHeld();
  if (WRITING.has(what)) await lock.assertHeld(LOCK_REFRESH_MS * 2);
}
