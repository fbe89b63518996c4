import { join } from 'node:path';
import type { SealedEntry } from '../../format/manifest-entry.ts';
import { createAgeClock } from './age-clock.ts';
import { compressSegment } from './compress.ts';
import type { Compression } from './compress.ts';
import { ioError, syncFolder } from '../fs/file-system.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import type { PresentSegment } from '../folder/manifest-state.ts';
import { applyRetention } from './retention.ts';
import type { Retention } from './retention.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import { removeWithSidecar } from '../folder/sidecar.ts';

/** Longest that closing waits for compression. The next start continues with the rest. */
const FINISH_MS = 1_500;
/** Interval at which the folder is checked for segments removed by others. */
const LOOK_MS = 60_000;

/** Event of the background tasks. */
export type BackgroundEvent =
  | { readonly kind: 'compressed'; readonly file: string; readonly bytes: number }
  /** The plain file stays as it is. */
  | { readonly kind: 'compress-failed'; readonly file: string; readonly error: unknown }
  | { readonly kind: 'deleted'; readonly file: string; readonly why: string }
  | { readonly kind: 'delete-failed'; readonly error: unknown };

/** Settings of the writer that the background tasks use. */
export interface BackgroundSettings extends Pick<WriterEnvironment, 'clock' | 'files' | 'timers'> {
  readonly run: string;
  readonly compress: Compression;
  readonly retention: Retention | undefined;
  readonly emit: (event: BackgroundEvent) => void;
}

/** Compresses and deletes sealed segments in the background, one at a time. No failure here stops a recording. */
export interface BackgroundTasks {
  /** A segment has been sealed. */
  readonly sealed: (entry: SealedEntry) => void;
  /** Compresses the segments that an earlier run left plain. */
  readonly resume: () => void;
  /** Applies retention although nothing was sealed. */
  readonly applyRetention: () => void;
  finish(): Promise<void>;
}

export function startBackgroundTasks(
  settings: BackgroundSettings,
  held: LockedFolder,
  oldestUnsealed: () => number | undefined,
): BackgroundTasks {
  const { clock, compress: how, retention, run, emit } = settings;
  const { folder, lock, manifest } = held;
  const abort = new AbortController();
  const ages = createAgeClock(clock);
  /** Segments whose turn to be compressed has not come yet. Retention may take one of them first. */
  const waiting = new Set<string>();
  /** Plain files whose compressed copy has taken their place. */
  const replaced = new Set<string>();
  /** Segments removed by others without an entry in the manifest. They do not count. */
  let missing = new Set<string>();
  let lookedMs = Number.NEGATIVE_INFINITY;
  let work = Promise.resolve();

  async function compress(file: string): Promise<void> {
    if (how === 'none' || !waiting.delete(file)) return;
    try {
      emit({ kind: 'compressed', ...(await compressSegment(held, file, how, abort.signal)) });
      replaced.add(file);
    } catch (error) {
      if (!abort.signal.aborted) emit({ kind: 'compress-failed', file, error });
    }
  }

  /** Each is there again in its compressed copy, which the manifest names. */
  async function removeReplaced(): Promise<void> {
    for (const file of replaced) {
      await lock.assertHeld();
      await removeWithSidecar(held, file).catch((error: unknown) => {
        throw ioError('delete', join(folder, file), error);
      });
      await syncFolder(settings.files, folder);
      replaced.delete(file);
    }
  }

  async function lookAgain(): Promise<void> {
    if (clock.now() - lookedMs < LOOK_MS) return;
    lookedMs = clock.now();
    // Before the listing: what is sealed while that is read is not in it, and not missing.
    const present = [...manifest.state.present.values()];
    const names = new Set(await settings.files.readdir(folder));
    const gone = present.filter(({ file }) => !names.has(file));
    missing = new Set(gone.map(({ entry }) => entry.file));
  }

  /** Keeps segments that come after one that could not be sealed yet. */
  function isBlocked({ entry }: PresentSegment): boolean {
    const oldest = oldestUnsealed();
    return entry.run === run && oldest !== undefined && entry.segment > oldest;
  }

  const isMissing = ({ entry }: PresentSegment): boolean => missing.has(entry.file);

  async function clearUp(): Promise<void> {
    if (retention === undefined) return;
    await lookAgain();
    ages.look();
    const ageMs = ages.ages(retention.ms ?? 0);
    await applyRetention(held, retention, { ageMs, isMissing, isBlocked, signal: abort.signal, onDeleted });
  }

  function onDeleted(deleted: {
    readonly file: string;
    readonly why: string;
    readonly segment: string;
  }): void {
    waiting.delete(deleted.segment);
    ages.forget(deleted.segment);
    emit({ kind: 'deleted', file: deleted.file, why: deleted.why });
  }

  async function tend(file?: string): Promise<void> {
    if (abort.signal.aborted) return;
    if (file !== undefined) await compress(file);
    try {
      await removeReplaced();
      await clearUp();
      await manifest.shorten();
    } catch (error) {
      emit({ kind: 'delete-failed', error });
    }
  }

  function queue(file: string): void {
    waiting.add(file);
    work = work.then(() => tend(file));
  }

  return {
    sealed({ file }) {
      ages.sealed(file);
      queue(file);
    },
    resume() {
      if (how === 'none') return;
      for (const { entry, compressed } of manifest.state.oldestFirst())
        if (compressed === undefined) queue(entry.file);
    },
    applyRetention: () => void (work = work.then(() => tend())),
    async finish() {
      const cancel = settings.timers.after(FINISH_MS, () => abort.abort());
      await work;
      cancel();
      abort.abort();
    },
  };
}
