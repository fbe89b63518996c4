import { CaptureError } from '../capture-error.ts';
import { frameBytes } from '../payload.ts';
import type { CaptureRecord, EndReason, GapRecord } from '../records.ts';
import { blockOfGaps, firstStamp, pendingBytes, recordsIn, tallyOf } from './block.ts';
import type { Block } from './block.ts';
import type { BlockQueue } from './block-queue.ts';
import type { DropCounter } from './dropped-frames.ts';
import { errnoOf, isDiskFull } from './files.ts';
import type { ReserveFile } from './reserve-file.ts';
import type { SegmentFile } from './segment-file.ts';
import type { SegmentSeries } from './segment-series.ts';
import type { SegmentZero } from './timekeeper.ts';
import { sleep } from './timers.ts';
import type { WriterSettings } from './writer-options.ts';

/** A second failure within this time ends the recording. */
const FAILURE_WINDOW_MS = 60_000;
const SPACE_POLL_MS = 500;

/** `disk-full`: frames are held, then dropped and counted; `failed`: nothing is written any more. */
export type LoopState = 'recording' | 'disk-full' | 'failed';

/**
 * The one place that writes: takes blocks from the queue in order, and owns the open segment. Nothing waits
 * for it; it wakes when there is something to do.
 */
export interface WriteLoop {
  readonly state: LoopState;
  readonly written: { readonly frames: number; readonly durableFrames: number; readonly bytes: number };
  wake(): void;
  /** Makes what has been queued so far durable, as soon as it is written. */
  requestSync(): void;
  /** Writes what is queued, seals, and comes to an end. */
  finish(why: EndReason): Promise<void>;
}

interface Surroundings {
  readonly settings: WriterSettings;
  readonly queue: BlockQueue;
  readonly drops: DropCounter;
  readonly reserve: ReserveFile;
  readonly series: SegmentSeries;
  /** The connections that are open now. */
  readonly connections: () => readonly number[];
  /** Bytes have left the queue, or will not for a while. */
  readonly onWritten: () => void;
}

export async function startWriteLoop(
  { settings, queue, drops, reserve, series, connections, onWritten }: Surroundings,
  firstZero: SegmentZero,
): Promise<WriteLoop> {
  const { emit, clock, timers } = settings;
  let state: LoopState = 'recording';
  let zero = firstZero;
  let openAtZero: readonly number[] = [];
  let segment: SegmentFile | undefined = await series.open(zero, []);
  let frames = 0;
  let durableFrames = 0;
  let bytes = 0;
  let running: Promise<void> | undefined;
  let syncDue = false;
  let finishing = false;
  let lastFailureMs = Number.NEGATIVE_INFINITY;

  /** A failure that may pass. The second within a minute is one too many. */
  function note(error: unknown): void {
    const ms = clock.now();
    if (ms - lastFailureMs < FAILURE_WINDOW_MS) throw error;
    lastFailureMs = ms;
    emit({ kind: 'io-error', error });
  }

  function leave(): SegmentFile | undefined {
    const old = segment;
    segment = undefined;
    if (old !== undefined) series.leave(old);
    return old;
  }

  /**
   * The new segment first: frames never wait for the sealing of the old one, and whenever the process dies,
   * the last file of the run has no `end` yet, so that `repair` can say in it what was cut.
   */
  async function rotate(next: SegmentZero, open: readonly number[]): Promise<void> {
    const old = leave();
    zero = next;
    openAtZero = open;
    try {
      segment = await series.open(zero, open);
      if (old !== undefined) await series.sealBeside(old, 'rotate');
    } catch (error) {
      if (old !== undefined) await series.sealBeside(old, 'rotate');
      await recover(error);
    }
  }

  /** The segment can't be written any more: seal it, and go on in another one that continues it. */
  async function recover(error: unknown, why: EndReason = 'io'): Promise<void> {
    const full = isDiskFull(error);
    // A file that may not grow is no failure of the disk: the next one may, unless this one was empty.
    const grown = isTooLarge(error) && (segment?.counts.lines ?? 0) > 1;
    if (!full && !grown) note(error);
    const old = leave();
    if (full) {
      state = 'disk-full';
      emit({ kind: 'disk-full', file: old?.name ?? '' });
      onWritten();
      await attempt(() => reserve.release());
    }
    if (old !== undefined) await series.seal(old, full ? 'disk_full' : why);
    if (full) await resume();
    else segment = await openContinuation();
  }

  /** It begins in the middle: connections that were opened since the zero may have no line in it. */
  function openContinuation(): Promise<SegmentFile> {
    const open = new Set([...openAtZero, ...connections()]);
    return series.open(zero, [...open]);
  }

  async function attempt(step: () => Promise<void>): Promise<boolean> {
    try {
      await step();
      return true;
    } catch (error) {
      if (!isDiskFull(error)) emit({ kind: 'io-error', error });
      return false;
    }
  }

  /** Waits for room. When the writer is closed meanwhile, what waits is dropped, and what fits says so. */
  async function resume(): Promise<void> {
    for (;;) {
      if (finishing) discardQueue();
      else if (!(await attempt(() => reserve.fill()))) {
        await sleep(timers, SPACE_POLL_MS);
        continue;
      }
      try {
        segment = await openContinuation();
        await recordDrops(segment);
        state = 'recording';
        await series.settled();
        return;
      } catch (error) {
        if (finishing) throw error;
        if (!isDiskFull(error)) note(error);
      }
      const old = leave();
      if (old !== undefined) await series.seal(old, 'disk_full');
      await attempt(() => reserve.release());
      await sleep(timers, SPACE_POLL_MS);
    }
  }

  /** States at the head of a segment what was dropped while the disk was full. */
  async function recordDrops(into: SegmentFile): Promise<void> {
    const dropped = drops.take();
    const first = queue.first();
    const stamp = (first?.kind === 'block' ? firstStamp(first.block) : undefined) ?? { at: zero.at, mono: 0 };
    const gaps: GapRecord[] = dropped.map(({ connection, from, to, count, bytes: size }) => {
      const extent = { count, from, to, frames: count, bytes: size };
      return { kind: 'gap', connection, ...stamp, why: 'disk_full', ...extent };
    });
    if (gaps.length === 0) {
      gaps.push({ kind: 'gap', connection: null, ...stamp, why: 'disk_full', count: 0, frames: 0, bytes: 0 });
    }
    const block = blockOfGaps(gaps);
    try {
      await into.write([block]);
    } catch (error) {
      // Said again in the next segment.
      recordsIn(block).forEach(discard);
      throw error;
    }
    const sum = (key: 'count' | 'bytes'): number => dropped.reduce((total, one) => total + one[key], 0);
    emit({ kind: 'resumed', dropped: sum('count'), droppedBytes: sum('bytes') });
  }

  /** What waits will not be written any more: its frames are dropped, and what it said of others is said again. */
  function discardQueue(): void {
    for (let item = queue.first(); item !== undefined; item = queue.first()) {
      if (item.kind === 'block') recordsIn(item.block).forEach(discard);
      queue.shift();
    }
  }

  function discard(record: CaptureRecord): void {
    if (record.kind === 'frame') {
      drops.count(record.connection, record.index, frameBytes(record).length);
    } else if (record.kind === 'gap' && (record.why === 'backpressure' || record.why === 'disk_full')) {
      const { connection, from, to, count, bytes: size } = record;
      if (connection === null || from === undefined || to === undefined || count === null) return;
      drops.restate({ connection, from, to, count, bytes: Number(size) });
    }
  }

  async function writeBlocks(into: SegmentFile, blocks: readonly Block[]): Promise<void> {
    const before = tallyOf(blocks);
    let failure: unknown;
    try {
      await into.write(blocks);
    } catch (error) {
      failure = error;
    }
    const left = tallyOf(blocks);
    queue.wrote(before.bytes - left.bytes);
    bytes += before.bytes - left.bytes;
    frames += before.frames - left.frames;
    for (const block of blocks) if (pendingBytes(block) === 0) queue.shift();
    if (failure === undefined) onWritten();
    else await recover(failure);
  }

  async function sync(): Promise<void> {
    syncDue = false;
    if (segment === undefined || segment.unsyncedBytes === 0) return;
    try {
      await segment.checkpoint();
      // A checkpoint speaks for its own segment; those before it must have had their last fsync too.
      if (series.isSettled) durableFrames = frames;
    } catch (error) {
      await recover(error, isFailedSync(error) ? 'fsync' : 'io');
    }
  }

  async function work(): Promise<void> {
    for (let item = queue.first(); item !== undefined || syncDue; item = queue.first()) {
      if (item?.kind === 'rotate') {
        queue.shift();
        // What a segment follows is durable before it exists, so that a power cut leaves no hole between two.
        if (settings.fsync !== 'never') await sync();
        await rotate(item.zero, item.connections);
      } else if (item?.kind === 'block') {
        segment ??= await openContinuation();
        await writeBlocks(segment, queue.firstBlocks());
      }
      if (syncDue || settings.fsync === 'always') await sync();
    }
  }

  async function fail(error: unknown): Promise<void> {
    state = 'failed';
    emit({ kind: 'failed', error });
    const old = leave();
    if (old !== undefined) await series.seal(old, 'io');
    queue.flush();
    discardQueue();
  }

  /** One at a time; whoever comes while it runs is served by the same run. */
  function run(): Promise<void> {
    if (state === 'failed') return Promise.resolve();
    running ??= work()
      .catch(fail)
      .then(() => {
        running = undefined;
        onWritten();
        // Something may have come between the last look at the queue and this line.
        return queue.first() === undefined ? undefined : run();
      });
    return running;
  }

  return {
    get state() {
      return state;
    },
    get written() {
      return { frames, durableFrames, bytes };
    },
    wake: () => void run(),
    requestSync() {
      syncDue = true;
      void run();
    },
    async finish(why) {
      finishing = true;
      await run();
      const old = leave();
      if (old !== undefined) await series.seal(old, why);
      await series.settled();
      if (series.isSettled) durableFrames = frames;
    },
  };
}

function isFailedSync(error: unknown): boolean {
  return (
    error instanceof CaptureError && error.code === 'CAPTURE_IO' && error.details.operation === 'fdatasync'
  );
}

function isTooLarge(error: unknown): boolean {
  return errnoOf(error instanceof CaptureError ? error.cause : error) === 'EFBIG';
}
