import { join } from 'node:path';
import type { SealedEntry } from '../../format/manifest-entry.ts';
import { CAPTURE_VERSION } from '../../format/records.ts';
import type { EndReason, HeaderRecord } from '../../format/records.ts';
import { segmentName } from '../../format/segment-name.ts';
import { remove } from '../fs/file-system.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import { createSealing } from '../seal/seal.ts';
import { entryOf } from '../segment/sealed-entry.ts';
import type { Sealing } from '../seal/seal.ts';
import { openSegment } from '../segment/segment-file.ts';
import type { SegmentFile } from '../segment/segment-file.ts';
import type { SegmentZero } from '../segment/stamp-clock.ts';
import { fsyncText } from './options.ts';
import type { WriterSettings } from './options.ts';

/** Segments being sealed beside the one being written; more than these hold the writing up. */
const MAX_SEALING = 4;
/** Segments that could not be sealed are tried again after this long. */
const RETRY_MS = 1_000;

/** The segments of a run, one after the other: each opened as the continuation of the last, and sealed. */
export interface SegmentRotation {
  readonly opened: number;
  readonly sealed: readonly string[];
  /** Frames that an fsync which failed should have made durable. */
  readonly doubtfulFrames: number;
  /**
   * Opens the next segment after `last`, to which nothing is written any more, with the connections that are open at
   * its start: should it be the last one before a crash, nothing else may name them. When this throws, `last` has no
   * successor and may be written to after {@link SegmentRotation.withdraw}.
   */
  open(zero: SegmentZero, connections: readonly number[], last?: SegmentFile): Promise<SegmentFile>;
  /** Removes what an attempt to open that failed could not remove itself. */
  withdraw(): Promise<void>;
  /** Seals a segment. A failure is an event and is tried again later, from the step that failed. */
  seal(segment: SegmentFile, why: EndReason): Promise<void>;
  /** The same beside the writing. Resolves when writing may go on. */
  sealBeside(segment: SegmentFile, why: EndReason): Promise<void>;
  /** The lowest number of a segment that was left and is not sealed: what is older may be deleted. */
  readonly oldestUnsealed: number | undefined;
  /** Whether every segment but the open one is sealed. */
  readonly isSettled: boolean;
  /** Tries again, beside the writing, to seal what could not be sealed, but not more often than once a second. */
  retry(): void;
  /** Resolves at the end when everything that can be sealed is. Closes the rest, for `repair` to seal. */
  settled(): Promise<void>;
}

/** A segment on its way to its name. */
interface Unsealed {
  readonly segment: SegmentFile;
  readonly why: EndReason;
  /** Set when the segment has its `end`; the file is closed then, and only its name and the manifest are missing. */
  sealing?: Sealing;
  hasFailed?: boolean;
}

export function createSegmentRotation(
  settings: WriterSettings,
  held: LockedFolder,
  onSealed: (entry: SealedEntry) => void,
): SegmentRotation {
  const { files, folder, emit, run, software, url, clock } = settings;
  const sealed: string[] = [];
  let opened = 0;
  let doubtfulFrames = 0;
  /** An attempt to open the next segment may have left a file. */
  let leftOver = false;
  let sealing = Promise.resolve();
  let sealingCount = 0;
  const unsealed = new Set<Unsealed>();
  let retriedMs = Number.NEGATIVE_INFINITY;

  async function withdraw(): Promise<void> {
    if (leftOver) await remove(files, join(folder, `${segmentName(run, opened)}.partial`));
    leftOver = false;
  }

  async function sealNow(one: Unsealed): Promise<void> {
    const { segment, why } = one;
    try {
      if (one.sealing === undefined) {
        await held.lock.assertHeld();
        one.sealing = createSealing(held, await end(segment, why));
      }
      await one.sealing.run();
    } catch (error) {
      // Said once, however often it is tried again.
      if (one.hasFailed !== true) emit({ kind: 'seal-failed', file: segment.name, error });
      one.hasFailed = true;
      return;
    }
    const { entry } = one.sealing;
    unsealed.delete(one);
    sealed.push(entry.file);
    emit({ kind: 'sealed', file: entry.file, why: entry.why, frames: entry.frames, bytes: entry.bytes });
    onSealed(entry);
  }

  async function end(segment: SegmentFile, why: EndReason): Promise<SealedEntry> {
    const ended = await segment.end(why);
    if (ended.failure !== undefined) emit({ kind: 'io-error', error: ended.failure });
    if (ended.why === 'fsync') doubtfulFrames += segment.unsyncedFrames;
    return entryOf(settings, { plain: segment.name, run, segment: segment.segment }, ended);
  }

  function enqueue(work: () => Promise<void>): Promise<void> {
    sealingCount += 1;
    sealing = sealing.then(work).finally(() => (sealingCount -= 1));
    return sealing;
  }

  function seal(segment: SegmentFile, why: EndReason): Promise<void> {
    const one: Unsealed = { segment, why };
    unsealed.add(one);
    return enqueue(() => sealNow(one));
  }

  async function again(): Promise<void> {
    for (const one of unsealed) await sealNow(one);
    retriedMs = clock.now();
  }

  return {
    get opened() {
      return opened;
    },
    sealed,
    get doubtfulFrames() {
      return doubtfulFrames;
    },
    get oldestUnsealed() {
      const [oldest] = [...unsealed].map(({ segment }) => segment.segment).toSorted((a, b) => a - b);
      return oldest;
    },
    get isSettled() {
      return unsealed.size === 0;
    },

    async open(zero, connections, last) {
      await withdraw();
      leftOver = true;
      const header: HeaderRecord = {
        kind: 'header',
        version: CAPTURE_VERSION,
        run,
        segment: opened,
        previous: last?.sha256() ?? null,
        software,
        url,
        ...zero,
        fsync: fsyncText(settings.fsync),
        private: settings.private,
        ...(connections.length > 0 && { open: connections }),
      };
      const segment = await openSegment(settings, settings.folder, header);
      leftOver = false;
      opened += 1;
      emit({ kind: 'opened', file: segment.name });
      return segment;
    },

    withdraw,
    seal,

    async sealBeside(segment, why) {
      const sealedThen = seal(segment, why);
      if (sealingCount >= MAX_SEALING) await sealedThen;
    },

    retry() {
      if (unsealed.size > 0 && sealingCount === 0 && clock.now() - retriedMs >= RETRY_MS) void enqueue(again);
    },

    async settled() {
      await sealing;
      if (unsealed.size > 0) await enqueue(again);
      for (const one of unsealed)
        if (one.sealing === undefined) await one.segment.close().catch(() => undefined);
    },
  };
}
