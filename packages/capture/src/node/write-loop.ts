import { setTimeout } from 'node:timers/promises';
import { CaptureError } from '../capture-error.ts';
import { frameBytes } from '../payload.ts';
import { createRecordDecoder } from '../record-decoder.ts';
import type { SealedEntry } from '../manifest.ts';
import type { EndReason, GapRecord, HeaderRecord } from '../records.ts';
import { CAPTURE_VERSION } from '../records.ts';
import { blockOfGaps, pendingBytes } from './block.ts';
import type { Block } from './block.ts';
import type { BlockQueue } from './block-queue.ts';
import type { DropCounter } from './dropped-frames.ts';
import { isDiskFull } from './files.ts';
import type { ReserveFile } from './reserve-file.ts';
import { openSegment } from './segment-file.ts';
import type { EndedSegment, SegmentFile } from './segment-file.ts';
import { entryOf, sealFile } from './sealing.ts';
import type { SegmentZero } from './timekeeper.ts';
import { fsyncText } from './writer-options.ts';
import type { WriterSettings } from './writer-options.ts';

/** A second failure within this time ends the recording. */
const FAILURE_WINDOW_MS = 60_000;
const SPACE_POLL_MS = 500;
/** Segments being sealed beside the one being written; more than these hold the writing up. */
const MAX_SEALING = 4;

export type LoopState = 'recording' | 'disk-full' | 'failed';

/**
 * The one place that writes: takes blocks from the queue in order, and owns the open segment, its hash and
 * its counts. Nothing waits for it; it wakes when there is something to do.
 */
export interface WriteLoop {
  readonly state: LoopState;
  readonly written: { readonly frames: number; readonly bytes: number; readonly segments: number };
  readonly sealed: readonly string[];
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
  /** Bytes have left the queue. */
  readonly onWritten: () => void;
  readonly onSealed: (entry: SealedEntry) => void;
}

export async function startWriteLoop(
  { settings, queue, drops, reserve, onWritten, onSealed }: Surroundings,
  firstZero: SegmentZero,
): Promise<WriteLoop> {
  const { files, folder, emit, clock } = settings;
  let state: LoopState = 'recording';
  let zero = firstZero;
  let segment: SegmentFile | undefined;
  let segments = 0;
  let previous: string | null = null;
  let frames = 0;
  let bytes = 0;
  let running = false;
  let syncDue = false;
  let finishing: EndReason | undefined;
  let lastFailureMs = Number.NEGATIVE_INFINITY;
  let sealing = Promise.resolve();
  let sealingCount = 0;
  const sealed: string[] = [];

  async function open(): Promise<SegmentFile> {
    const header: HeaderRecord = {
      kind: 'header',
      version: CAPTURE_VERSION,
      run: settings.run,
      segment: segments,
      previous,
      software: settings.software,
      url: settings.url,
      ...zero,
      fsync: fsyncText(settings.fsync),
      private: settings.private,
    };
    const opened = await openSegment(files, folder, header);
    segments += 1;
    emit({ kind: 'opened', file: opened.name });
    return opened;
  }

  /** A failure that may pass. The second within a minute is one too many. */
  function note(error: unknown): void {
    const ms = clock.now();
    if (ms - lastFailureMs < FAILURE_WINDOW_MS) throw error;
    lastFailureMs = ms;
    emit({ kind: 'io-error', error });
  }

  async function seal(old: SegmentFile, why: EndReason): Promise<void> {
    let ended: EndedSegment;
    try {
      ended = await old.end(why);
      const entry = entryOf({ plain: old.name, run: old.run, segment: old.segment }, ended);
      await sealFile(files, folder, entry);
      onSealed(entry);
    } catch (error) {
      await old.close().catch(() => undefined);
      emit({ kind: 'seal-failed', file: old.name, error });
      return;
    }
    sealed.push(old.name);
    emit({ kind: 'sealed', file: old.name, why: ended.why, frames: ended.frames, bytes: ended.bytes });
    if (ended.failure !== undefined) emit({ kind: 'io-error', error: ended.failure });
  }

  async function sealBeside(old: SegmentFile, why: EndReason): Promise<void> {
    sealingCount += 1;
    sealing = sealing.then(() => seal(old, why)).finally(() => (sealingCount -= 1));
    if (sealingCount >= MAX_SEALING) await sealing;
  }

  /** Leaves a segment: what it holds stays, and the next one continues its chain. */
  function leave(): SegmentFile | undefined {
    const old = segment;
    segment = undefined;
    if (old !== undefined) previous = old.sha256();
    return old;
  }

  async function rotate(next: SegmentZero): Promise<void> {
    const old = leave();
    zero = next;
    try {
      segment = await open();
    } catch (error) {
      if (old !== undefined) await sealBeside(old, 'rotate');
      await recover(error);
      return;
    }
    if (old !== undefined) await sealBeside(old, 'rotate');
  }

  /** The segment can't be written any more: seal it, and go on in another one that continues it. */
  async function recover(error: unknown, why: EndReason = 'io'): Promise<void> {
    const full = isDiskFull(error);
    if (!full) note(error);
    const old = leave();
    if (full) {
      state = 'disk-full';
      emit({ kind: 'disk-full', file: old?.name ?? '' });
      onWritten();
      await releaseReserve();
    }
    await sealing;
    if (old !== undefined) await seal(old, full ? 'disk_full' : why);
    if (full) await resume();
    else segment = await open();
  }

  async function releaseReserve(): Promise<void> {
    try {
      await reserve.release();
    } catch (error) {
      emit({ kind: 'io-error', error });
    }
  }

  async function resume(): Promise<void> {
    for (;;) {
      try {
        // Coming to an end there is nothing to wait for: what fits into the reserve's space is a statement
        // of what is lost.
        if (finishing === undefined) await reserve.fill();
        else discardQueue();
        segment = await open();
        await recordDrops(segment);
        state = 'recording';
        return;
      } catch (error) {
        if (!isDiskFull(error)) note(error);
        if (segment !== undefined) {
          const attempt = leave() as SegmentFile;
          await seal(attempt, 'disk_full');
        }
        await releaseReserve();
        if (finishing !== undefined) throw error;
      }
      await setTimeout(SPACE_POLL_MS);
    }
  }

  /** States at the head of a segment what was dropped while the disk was full. */
  async function recordDrops(into: SegmentFile): Promise<void> {
    const dropped = drops.take();
    const stamp = { at: zero.at, mono: 0 };
    const gaps = dropped.map(({ connection, from, to, count, bytes: size }): GapRecord => ({
      kind: 'gap',
      connection,
      ...stamp,
      why: 'disk_full',
      count,
      from,
      to,
      frames: count,
      bytes: size,
    }));
    if (gaps.length === 0) {
      gaps.push({ kind: 'gap', connection: null, ...stamp, why: 'disk_full', count: 0, frames: 0, bytes: 0 });
    }
    await into.write(blockOfGaps(gaps));
    const sum = (key: 'count' | 'bytes'): number => dropped.reduce((total, one) => total + one[key], 0);
    emit({ kind: 'resumed', dropped: sum('count'), droppedBytes: sum('bytes') });
  }

  /** What waits will not be written any more: its frames are counted as dropped. */
  function discardQueue(): void {
    for (let item = queue.first(); item !== undefined; item = queue.first()) {
      if (item.kind === 'block') countFrames(item.block, drops);
      queue.shift();
    }
  }

  async function writeBlock(block: Block): Promise<void> {
    const size = pendingBytes(block);
    const count = block.frames;
    try {
      await (segment as SegmentFile).write(block);
    } catch (error) {
      const wrote = size - pendingBytes(block);
      queue.wrote(wrote);
      bytes += wrote;
      frames += count - block.frames;
      await recover(error);
      return;
    }
    bytes += size;
    frames += count;
    queue.wrote(size);
    queue.shift();
    onWritten();
  }

  async function sync(): Promise<void> {
    syncDue = false;
    if (segment === undefined || segment.unsyncedBytes === 0) return;
    try {
      await segment.checkpoint();
    } catch (error) {
      const failed =
        error instanceof CaptureError && error.code === 'CAPTURE_IO' && error.message.startsWith('fdatasync');
      await recover(error, failed ? 'fsync' : 'io');
    }
  }

  async function work(): Promise<void> {
    for (;;) {
      const item = queue.first();
      if (item?.kind === 'rotate') {
        queue.shift();
        await rotate(item.zero);
      } else if (item?.kind === 'block') {
        await writeBlock(item.block);
      }
      if (syncDue || settings.fsync === 'always') await sync();
      if (queue.first() === undefined) return;
    }
  }

  async function run(): Promise<void> {
    if (running || state === 'failed') return;
    running = true;
    try {
      await work();
    } catch (error) {
      state = 'failed';
      emit({ kind: 'failed', error });
      const old = leave();
      if (old !== undefined) await sealBeside(old, 'io');
      discardQueue();
    }
    running = false;
    onWritten();
  }

  segment = await open();

  return {
    get state() {
      return state;
    },
    get written() {
      return { frames, bytes, segments };
    },
    sealed,
    wake: () => void run(),
    requestSync() {
      syncDue = true;
      void run();
    },
    async finish(why) {
      finishing = why;
      while (running || (queue.first() !== undefined && state !== 'failed')) {
        if (running) await setTimeout(1);
        else await run();
      }
      const old = leave();
      if (old !== undefined) await sealBeside(old, why);
      await sealing;
    },
  };
}

function countFrames({ bytes, from, end }: Block, drops: DropCounter): void {
  const decoder = createRecordDecoder();
  decoder.push(bytes.subarray(from, end));
  for (let line = decoder.next(); line.kind !== 'need-more'; line = decoder.next()) {
    if (line.kind !== 'record' || line.record.kind !== 'frame') continue;
    drops.count(line.record.connection, line.record.index, frameBytes(line.record).length);
  }
}
