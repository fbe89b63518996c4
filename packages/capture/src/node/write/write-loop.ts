import { CaptureError } from '../../format/error.ts';
import type { EndReason, GapRecord, Stamp } from '../../format/records.ts';
import { blockOfRecords, firstStamp, pendingBytes, tallyOf } from '../segment/block.ts';
import type { BlockQueue } from './block-queue.ts';
import type { DropCounter } from './drop-counter.ts';
import { isDiskFull, remove } from '../fs/file-system.ts';
import { errnoOf } from '../system/errno.ts';
import type { OpenConnections } from '../segment/open-connections.ts';
import type { ReserveFile } from '../fs/reserve-file.ts';
import type { SegmentFile } from '../segment/segment-file.ts';
import type { SegmentRotation } from './segment-rotation.ts';
import type { SegmentZero, StampClock } from '../segment/stamp-clock.ts';
import { createUnstatedRecords } from './unstated-records.ts';
import type { UnstatedRecords } from './unstated-records.ts';
import type { Effect, Facts, FailureKind, LoopEvent, LoopState, Notice } from './write-effects.ts';
import { hasEnded, initialState, step } from './write-state.ts';
import type { WriteState } from './write-state.ts';
import type { WriterSettings } from './options.ts';

export interface WriteLoopParts {
  readonly settings: WriterSettings;
  readonly queue: BlockQueue;
  readonly drops: DropCounter;
  readonly reserve: ReserveFile;
  readonly rotation: SegmentRotation;
  readonly time: StampClock;
  /** The first segment. */
  readonly segment: SegmentFile;
  readonly zero: SegmentZero;
  /** Called before each effect, and before frames count as durable. Throws when the folder lock is lost. */
  readonly fence: (what: Effect['kind'] | 'durable') => Promise<void>;
  readonly connections: OpenConnections;
  /** Called when bytes have left the queue, or will stay in it for a while. */
  readonly onWritten: () => void;
  /** Called when the disk is full, to apply retention. */
  readonly onDiskFull: () => void;
}

/**
 * Imperative shell of the writer: takes blocks from the queue in order and owns the open segment. It sleeps until it is
 * woken, asks {@link step} for the next effect, and performs one effect after the other.
 */
export class WriteLoop {
  readonly #parts: WriteLoopParts;
  readonly #unstated: UnstatedRecords;
  readonly #fsync: Facts['fsync'];
  #state: WriteState = initialState;
  #segment: SegmentFile;
  #zero: SegmentZero;
  /** Connections that were open at the zero. */
  #openAtZero: readonly number[] = [];
  #frames = 0;
  #durableFrames = 0;
  #bytes = 0;
  #endWait: (() => void) | undefined;
  #onEnd: (() => void) | undefined;

  constructor(parts: WriteLoopParts) {
    this.#parts = parts;
    this.#segment = parts.segment;
    this.#zero = parts.zero;
    this.#unstated = createUnstatedRecords(parts.drops);
    const { fsync } = parts.settings;
    this.#fsync = typeof fsync === 'string' ? fsync : 'interval';
  }

  get state(): LoopState {
    return this.#state.mode;
  }

  get written(): { readonly frames: number; readonly durableFrames: number; readonly bytes: number } {
    return { frames: this.#frames, durableFrames: this.#durableFrames, bytes: this.#bytes };
  }

  wake(): void {
    this.#happened({ kind: 'queued' });
  }

  /** Makes what has been queued so far durable, as soon as it is written. */
  requestSync(): void {
    this.#parts.rotation.retry();
    this.#happened({ kind: 'sync' });
  }

  /** Stops writing because another writer has taken the folder. */
  lost(error: unknown): void {
    this.#happened({ kind: 'lost', error });
    this.#endWait?.();
  }

  /** Writes what is queued, seals, and comes to an end. */
  finish(why: EndReason): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      this.#happened({ kind: 'finish', why });
      this.#endWait?.();
    });
  }

  #happened(event: LoopEvent): void {
    const { state, effect, notice } = step(this.#state, event, this.#facts());
    this.#state = state;
    if (notice !== undefined) this.#tell(notice);
    if (effect !== undefined) void this.#carryOut(effect);
    else if (hasEnded(state)) this.#onEnd?.();
  }

  #facts(): Facts {
    const { settings, queue } = this.#parts;
    const first = queue.first();
    return {
      now: settings.clock.now(),
      front: first === undefined ? 'nothing' : first.kind === 'block' ? 'blocks' : 'rotation',
      begun: this.#segment.counts.lines > 1,
      first: this.#segment.segment === 0,
      unsynced: this.#segment.unsyncedBytes > 0,
      unstated: this.#unstated.due,
      fsync: this.#fsync,
    };
  }

  #tell(notice: Notice): void {
    const { settings, onDiskFull, onWritten } = this.#parts;
    settings.emit(notice.kind === 'disk-full' ? { ...notice, file: this.#segment.name } : notice);
    if (notice.kind === 'disk-full') onDiskFull();
    // A caller of `drained` must not wait for the disk.
    if (this.#state.mode !== 'recording') onWritten();
  }

  async #carryOut(effect: Effect): Promise<void> {
    let event: LoopEvent = { kind: 'done' };
    try {
      await this.#parts.fence(effect.kind);
      await this.#perform(effect);
    } catch (error) {
      event = { kind: 'failed', failure: failureOf(error), error };
    }
    this.#happened(event);
  }

  #perform(effect: Effect): Promise<void> {
    const { reserve } = this.#parts;
    switch (effect.kind) {
      case 'write':
        return this.#write();
      case 'checkpoint':
        return this.#checkpoint();
      case 'open':
        return this.#open(effect);
      case 'probe':
        return reserve.probe();
      case 'wait':
        return this.#wait(effect.ms);
      case 'state-drops':
        return this.#stateDrops(effect);
      case 'discard':
        return this.#discard();
      case 'release':
        return reserve.release();
      case 'seal':
        return this.#seal(effect.why);
      case 'abandon':
        return this.#segment.close();
      case 'remove':
        return this.#remove();
      case 'settle':
        return this.#settle();
    }
  }

  async #write(): Promise<void> {
    const { queue, connections, onWritten } = this.#parts;
    const blocks = queue.firstBlocks();
    const before = tallyOf(blocks);
    try {
      await this.#segment.write(blocks);
    } finally {
      const left = tallyOf(blocks);
      queue.wrote(before.bytes - left.bytes);
      this.#bytes += before.bytes - left.bytes;
      this.#frames += before.frames - left.frames;
      for (const block of blocks.filter((one) => pendingBytes(one) === 0)) {
        connections.wroteEnds(block.ends);
        queue.shift();
      }
      // Also when it failed: what was written is not waited for any more.
      onWritten();
    }
  }

  async #checkpoint(): Promise<void> {
    await this.#segment.checkpoint();
    // The next holder of the folder finds what was synced; before this, it may be in a file without a name.
    await this.#parts.fence('durable');
    // A checkpoint speaks for its own segment; those before it must have had their last fsync too.
    if (this.#parts.rotation.isSettled) this.#durable(this.#frames);
  }

  #durable(frames: number): void {
    this.#durableFrames = frames - this.#parts.rotation.doubtfulFrames;
  }

  async #open({ why, rotate }: Effect & { kind: 'open' }): Promise<void> {
    const { rotation, queue, connections } = this.#parts;
    const last = this.#segment;
    // Under any policy: a power cut must not leave a hole between a segment and its successor.
    if (last.unsyncedBytes > 0) await last.sync();
    const first = queue.first();
    const boundary = rotate && first?.kind === 'rotate' ? first : undefined;
    const zero = boundary?.zero ?? this.#zero;
    const openAtZero = boundary?.connections ?? this.#openAtZero;
    // Also those that were opened since: their records wait, or stand in the segment that this one continues.
    const open = new Set([...openAtZero, ...connections.unwritten]);
    this.#segment = await rotation.open(zero, [...open], last);
    this.#zero = zero;
    this.#openAtZero = openAtZero;
    if (boundary !== undefined) queue.shift();
    await rotation.sealBeside(last, why);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.settings.timers.after(ms, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }

  async #discard(): Promise<void> {
    this.#unstated.discardQueue(this.#parts.queue, this.#zero);
    this.#parts.onWritten();
  }

  async #stateDrops({ why, resume }: Effect & { kind: 'state-drops' }): Promise<void> {
    const { rotation, settings } = this.#parts;
    await rotation.withdraw();
    const stamp = resume ? this.#headStamp() : this.#stampOfNow();
    const records = [...this.#unstated.take(this.#zero, stamp, why)];
    if (records.length === 0) {
      records.push({ kind: 'gap', connection: null, ...stamp, why, count: 0, frames: 0, bytes: 0 });
    }
    const block = blockOfRecords(records);
    try {
      await this.#segment.write([block]);
    } catch (error) {
      this.#unstated.restore(block, this.#zero);
      throw error;
    }
    if (!resume) return;
    const gaps = records.filter((record) => record.kind === 'gap');
    settings.emit({ kind: 'resumed', dropped: sum(gaps, 'frames'), droppedBytes: sum(gaps, 'bytes') });
    rotation.retry();
  }

  /** The time of the first line that is to follow. */
  #headStamp(): Stamp {
    const first = this.#parts.queue.first();
    return (first?.kind === 'block' ? firstStamp(first.block) : undefined) ?? { at: this.#zero.at, mono: 0 };
  }

  /** Now, which comes after everything that the open segment holds. */
  #stampOfNow(): Stamp {
    const { time, settings } = this.#parts;
    time.stamp(settings.clock.now());
    // The zeros are rounded to a nanosecond.
    return { at: time.at, mono: time.runMono - this.#zero.mono + 1 };
  }

  async #remove(): Promise<void> {
    await this.#segment.close();
    await remove(this.#parts.settings.files, this.#segment.partial);
  }

  async #seal(why: EndReason): Promise<void> {
    await this.#parts.rotation.withdraw();
    await this.#parts.rotation.seal(this.#segment, why);
  }

  async #settle(): Promise<void> {
    const { rotation } = this.#parts;
    await rotation.settled();
    if (rotation.isSettled && !this.#state.abandoned) this.#durable(this.#frames);
  }
}

function sum(gaps: readonly GapRecord[], key: 'frames' | 'bytes'): number {
  return gaps.reduce((total, { [key]: value }) => total + Number(value ?? 0), 0);
}

function failureOf(error: unknown): FailureKind {
  if (isDiskFull(error)) return 'full';
  if (!(error instanceof CaptureError)) return 'other';
  if (error.code === 'CAPTURE_LOCK_LOST') return 'lost';
  if (errnoOf(error.cause) === 'EFBIG') return 'too-large';
  return error.code === 'CAPTURE_IO' && error.details.operation === 'fdatasync' ? 'fsync' : 'other';
}
