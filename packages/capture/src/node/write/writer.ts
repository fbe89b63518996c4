import { isOneLineObject } from '../../json/is-one-line-object.ts';
import { encodePayload } from '../../format/payload.ts';
import { encodeRecord } from '../../format/encode.ts';
import type { CaptureRecord, EndReason, Stamp } from '../../format/records.ts';
import { redactDetails, redactRequest } from '../../format/redact-request.ts';
import { encodeUtf8 } from '../../json/utf8.ts';
import type { BlockQueue } from './block-queue.ts';
import { dropGap } from './drop-counter.ts';
import type { DropCounter } from './drop-counter.ts';
import type { FolderLock } from '../lock/folder-lock.ts';
import { FrameHead, MAX_HEAD_BYTES } from '../segment/frame-head.ts';
import type { OpenConnections } from '../segment/open-connections.ts';
import type { SegmentRotation } from './segment-rotation.ts';
import type { StampClock } from '../segment/stamp-clock.ts';
import type { WriteLoop } from './write-loop.ts';
import type { CaptureWriter, GapNotice, WriterResult, WriterStats } from './writer-api.ts';
import type { WriterSettings } from './options.ts';
import { startWriterTimers } from './writer-timers.ts';

const CLOSE_BRACE = 0x7d;
const NEWLINE = 0x0a;
/** A line may wait this long for others, so that a quiet feed does not cost a write a frame. */
const FLUSH_MS = 10;
const DRAINED_BYTES = 256 * 1024;
const NS_PER_MS = 1_000_000;
const LONGEST_STAMP: Stamp = { at: '2026-11-22T05:54:12.123456789Z', mono: Number.MAX_SAFE_INTEGER };

export interface WriterParts {
  readonly settings: WriterSettings;
  readonly queue: BlockQueue;
  readonly drops: DropCounter;
  readonly time: StampClock;
  readonly loop: WriteLoop;
  readonly connections: OpenConnections;
  readonly rotation: SegmentRotation;
  readonly lock: FolderLock;
  readonly release: () => Promise<void>;
}

/** Synchronous front of the writer: stamps, encodes and queues records, and never waits. */
export class Writer implements CaptureWriter {
  readonly run: string;
  readonly folder: string;
  readonly #settings: WriterSettings;
  readonly #queue: BlockQueue;
  readonly #drops: DropCounter;
  readonly #time: StampClock;
  readonly #loop: WriteLoop;
  readonly #rotation: SegmentRotation;
  readonly #head: FrameHead;
  readonly #release: () => Promise<void>;
  readonly #stopTimers: () => void;
  /** The next index of each connection. */
  readonly #indices: number[] = [];
  readonly #connections: OpenConnections;
  #segmentBytes = 0;
  #gaps = 0;
  #flushSoon = false;
  #waiting: (() => void)[] = [];
  #closing: Promise<WriterResult> | undefined;

  constructor({ settings, queue, drops, time, loop, connections, rotation, lock, release }: WriterParts) {
    this.run = settings.run;
    this.folder = settings.folder;
    this.#settings = settings;
    this.#queue = queue;
    this.#drops = drops;
    this.#time = time;
    this.#loop = loop;
    this.#connections = connections;
    this.#rotation = rotation;
    this.#head = new FrameHead(time);
    this.#release = release;
    this.#stopTimers = startWriterTimers(settings, lock, {
      checkClock: () => this.#checkClock(),
      sync: () => this.#sync(),
    });
  }

  frame(socket: number, bytes: Uint8Array, receivedAt: number, binary = false): void {
    // A value that is no number must not break the line: a broken line is worse than a wrong connection.
    const connection = socket >>> 0;
    const index = this.#indices[connection] ?? 0;
    this.#indices[connection] = index + 1;
    if (index === 0) this.#connections.opened(connection);
    const size = MAX_HEAD_BYTES + bytes.length;
    if (!this.#accepts(size)) {
      this.#drop(connection, index, bytes);
      return;
    }
    if (binary || !isOneLineObject(bytes)) {
      this.#encodedFrame(connection, index, bytes, receivedAt, binary);
      return;
    }
    this.#begin(receivedAt, size);
    const block = this.#queue.room(size);
    const from = this.#head.write(block.bytes, block.end, connection, index);
    const to = from + bytes.length;
    block.bytes.set(bytes, from);
    block.bytes[to] = CLOSE_BRACE;
    block.bytes[to + 1] = NEWLINE;
    this.#segmentBytes += to + 2 - block.end;
    block.end = to + 2;
    block.lines += 1;
    block.frames += 1;
    if (!this.#flushSoon) this.#scheduleFlush();
  }

  /** A frame that does not stand in its line as it came, and may take six times as much there. */
  #encodedFrame(
    connection: number,
    index: number,
    bytes: Uint8Array,
    receivedAt: number,
    binary: boolean,
  ): void {
    const payload = encodePayload(bytes, binary);
    const size = MAX_HEAD_BYTES + payload.payload.length;
    if (!this.#accepts(size)) {
      this.#drop(connection, index, bytes);
      return;
    }
    this.#begin(receivedAt, size);
    const { at, mono } = this.#time;
    this.#append({ kind: 'frame', connection, index, at, mono, ...(binary && { binary }), ...payload });
  }

  sent(connection: number, request: object | string): void {
    const payload = encodeUtf8(redactRequest(request));
    this.#record((stamp) => ({ kind: 'sent', connection, ...stamp, ...encodePayload(payload) }));
  }

  connection(connection: number, event: string, details: Readonly<Record<string, unknown>> = {}): void {
    // A segment that begins with the record of its end begins while it is open.
    this.#connections.opened(connection);
    const safe = redactDetails(details);
    this.#record((stamp) => {
      const known = { kind: 'connection', connection, event, ...stamp } as const;
      return { ...known, ...safe, ...known };
    });
    if (event === 'close') this.#connections.closed(connection);
  }

  gap(gap: GapNotice): void {
    this.#record((stamp) => {
      const known = { kind: 'gap', connection: gap.connection, ...stamp } as const;
      return { ...known, ...gap, ...known };
    });
  }

  get queuedBytes(): number {
    return this.#queue.queuedBytes;
  }

  drained(): Promise<void> {
    this.#queue.flush();
    if (this.#isDrained()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get stats(): WriterStats {
    const { frames, durableFrames, bytes } = this.#loop.written;
    const { total, totalBytes } = this.#drops;
    return {
      state: this.#loop.state,
      frames,
      durableFrames,
      bytes,
      segments: this.#rotation.opened,
      gaps: this.#gaps,
      dropped: total,
      droppedBytes: totalBytes,
    };
  }

  close(why: EndReason = 'close'): Promise<WriterResult> {
    if (this.#closing === undefined) {
      this.#stateStep();
      this.#closing = this.#close(why);
    }
    return this.#closing;
  }

  wake(): void {
    this.#loop.wake();
  }

  /** Bytes have left the queue, or will not be written for a while. */
  onWritten(): void {
    if (this.#waiting.length === 0 || !this.#isDrained()) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  #drop(connection: number, index: number, bytes: Uint8Array): void {
    this.#drops.count(connection, index, bytes.length);
  }

  #isDrained(): boolean {
    return this.#queue.queuedBytes <= DRAINED_BYTES || this.#loop.state !== 'recording';
  }

  /** Once something was dropped, everything is until there is room again: one gap, not a sieve. */
  #accepts(bytes: number): boolean {
    if (this.#closing !== undefined || this.#loop.state === 'failed') return false;
    const { maxQueuedBytes } = this.#settings;
    const limit = this.#drops.pending ? maxQueuedBytes * 0.9 : maxQueuedBytes;
    return this.#queue.heldBytes + bytes <= limit;
  }

  /** Stamps what comes next, starts a segment for it when it is time, and says what was dropped before it. */
  #begin(ms: number, size: number): void {
    const { rotateBytes, rotateMs } = this.#settings;
    this.#time.stamp(ms);
    const grown = this.#segmentBytes + size > rotateBytes;
    const aged = this.#time.mono >= rotateMs * NS_PER_MS;
    if (this.#segmentBytes > 0 && (grown || aged)) this.#rotate(ms);
    if (this.#drops.pending) this.#recordDrops();
  }

  #rotate(ms: number): void {
    this.#queue.rotate(this.#time.start(ms), this.#connections.handedOver);
    this.#segmentBytes = 0;
  }

  #recordDrops(): void {
    const why = this.#loop.state === 'disk-full' ? 'disk_full' : 'backpressure';
    const { at, mono } = this.#time;
    for (const dropped of this.#drops.take()) this.#append(dropGap(dropped, { at, mono }, why));
  }

  #record(make: (stamp: Stamp) => CaptureRecord): void {
    if (this.#closing !== undefined || this.#loop.state === 'failed') return;
    const size = encodeRecord(make(LONGEST_STAMP)).length;
    this.#begin(this.#settings.clock.now(), size);
    const { at, mono } = this.#time;
    this.#append(make({ at, mono }));
  }

  #append(record: CaptureRecord): void {
    const line = encodeRecord(record);
    const block = this.#queue.room(line.length);
    block.bytes.set(line, block.end);
    block.end += line.length;
    this.#segmentBytes += line.length;
    block.lines += 1;
    if (record.kind === 'frame') block.frames += 1;
    if (record.kind === 'connection' && record.event === 'close') block.ends.push(record.connection);
    if (record.kind === 'gap') {
      block.gaps += 1;
      this.#gaps += 1;
    }
    if (!this.#flushSoon) this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    this.#flushSoon = true;
    const { fsync, timers } = this.#settings;
    timers.after(fsync === 'always' ? 0 : FLUSH_MS, () => {
      this.#flushSoon = false;
      this.#queue.flush();
    });
  }

  #sync(): void {
    this.#queue.flush();
    this.#loop.requestSync();
  }

  #stateStep(): void {
    const offsetMs = this.#time.step();
    if (offsetMs === undefined) return;
    this.#record((stamp) => ({ kind: 'clock', offsetMs, ...stamp }));
    this.#settings.emit({ kind: 'clock-step', offsetMs });
  }

  #checkClock(): void {
    const { clock, rotateMs } = this.#settings;
    const now = clock.now();
    this.#stateStep();
    this.#time.stamp(now);
    if (this.#segmentBytes > 0 && this.#time.mono >= rotateMs * NS_PER_MS) this.#rotate(now);
  }

  async #close(why: EndReason): Promise<WriterResult> {
    this.#stopTimers();
    this.#queue.flush();
    await this.#loop.finish(why);
    this.onWritten();
    await this.#release();
    const { frames } = this.#loop.written;
    return { segments: [...this.#rotation.sealed].toSorted(), frames, dropped: this.#drops.total };
  }
}
