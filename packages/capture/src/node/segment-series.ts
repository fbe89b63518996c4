import type { SealedEntry } from '../manifest.ts';
import { CAPTURE_VERSION } from '../records.ts';
import type { EndReason } from '../records.ts';
import { isDiskFull } from './files.ts';
import { sealPartial } from './seal-partial.ts';
import { entryOf, sealFile } from './sealing.ts';
import { openSegment } from './segment-file.ts';
import type { SegmentFile } from './segment-file.ts';
import type { SegmentZero } from './timekeeper.ts';
import { sleep } from './timers.ts';
import { fsyncText } from './writer-options.ts';
import type { WriterSettings } from './writer-options.ts';

/** Segments being sealed beside the one being written; more than these hold the writing up. */
const MAX_SEALING = 4;
const OPEN_ATTEMPTS = 5;
const OPEN_RETRY_MS = 100;

/** The segments of a run, one after the other: each opened as the continuation of the last, and sealed. */
export interface SegmentSeries {
  readonly opened: number;
  readonly sealed: readonly string[];
  /**
   * Opens the next segment, with the connections that are open at its start: should it be the last one before
   * a crash, nothing else may name them. Tries a few times, unless there is no room.
   */
  open(zero: SegmentZero, connections: readonly number[]): Promise<SegmentFile>;
  /** Nothing more is written to this segment: the next one names it as the one before. */
  leave(segment: SegmentFile): void;
  /** Seals a segment that was left. A failure is an event; the file stays whole. */
  seal(segment: SegmentFile, why: EndReason): Promise<void>;
  /** The same beside the writing. Resolves when writing may go on. */
  sealBeside(segment: SegmentFile, why: EndReason): Promise<void>;
  /** Whether every segment but the open one is sealed. */
  readonly isSettled: boolean;
  /** Resolves when everything that can be sealed is. */
  settled(): Promise<void>;
}

export function createSegmentSeries(
  settings: WriterSettings,
  onSealed: (entry: SealedEntry) => void,
): SegmentSeries {
  const { folder, emit, run, software, url, timers } = settings;
  const sealed: string[] = [];
  let opened = 0;
  let previous: string | null = null;
  let sealing = Promise.resolve();
  let sealingCount = 0;
  /** Sealing these failed; with more room, or another try, it may not. */
  let unsealed: { readonly segment: SegmentFile; readonly why: EndReason }[] = [];

  async function openOnce(zero: SegmentZero, open: readonly number[]): Promise<SegmentFile> {
    const segment = await openSegment(settings, {
      kind: 'header',
      version: CAPTURE_VERSION,
      run,
      segment: opened,
      previous,
      software,
      url,
      ...zero,
      fsync: fsyncText(settings.fsync),
      private: settings.private,
      ...(open.length > 0 && { open }),
    });
    opened += 1;
    emit({ kind: 'opened', file: segment.name });
    return segment;
  }

  function finished(entry: SealedEntry): void {
    sealed.push(entry.file);
    emit({ kind: 'sealed', file: entry.file, why: entry.why, frames: entry.frames, bytes: entry.bytes });
    onSealed(entry);
  }

  async function sealNow(segment: SegmentFile, why: EndReason): Promise<void> {
    try {
      const ended = await segment.end(why);
      if (ended.failure !== undefined) emit({ kind: 'io-error', error: ended.failure });
      const entry = entryOf(settings, { plain: segment.name, run, segment: segment.segment }, ended);
      await sealFile(settings, folder, entry);
      finished(entry);
    } catch (error) {
      await segment.close().catch(() => undefined);
      unsealed.push({ segment, why });
      emit({ kind: 'seal-failed', file: segment.name, error });
    }
  }

  function seal(segment: SegmentFile, why: EndReason): Promise<void> {
    sealingCount += 1;
    sealing = sealing.then(() => sealNow(segment, why)).finally(() => (sealingCount -= 1));
    return sealing;
  }

  async function retry(): Promise<void> {
    const again = unsealed;
    unsealed = [];
    for (const { segment, why } of again) {
      try {
        const entry = await sealPartial(settings, segment.partial, why);
        if (entry !== undefined) finished(entry);
      } catch (error) {
        unsealed.push({ segment, why });
        emit({ kind: 'seal-failed', file: segment.name, error });
      }
    }
  }

  return {
    get opened() {
      return opened;
    },
    sealed,
    get isSettled() {
      return sealingCount === 0 && unsealed.length === 0;
    },

    async open(zero, connections) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await openOnce(zero, connections);
        } catch (error) {
          if (attempt === OPEN_ATTEMPTS || isDiskFull(error)) throw error;
          emit({ kind: 'io-error', error });
        }
        await sleep(timers, OPEN_RETRY_MS);
      }
    },

    leave(segment) {
      previous = segment.sha256();
    },

    seal,

    async sealBeside(segment, why) {
      const sealedThen = seal(segment, why);
      if (sealingCount >= MAX_SEALING) await sealedThen;
    },

    async settled() {
      await sealing;
      if (unsealed.length > 0) await retry();
    },
  };
}
