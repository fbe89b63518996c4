import { CaptureError, isCaptureError } from '../../format/error.ts';
import { makeCaptureFolder } from '../fs/make-capture-folder.ts';
import type { CaptureWriter } from './writer-api.ts';
import { ioError, isDiskFull } from '../fs/file-system.ts';
import { startBackgroundTasks } from '../seal/background-tasks.ts';
import { takeFolder } from '../folder/locked-folder.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';
import { startRecording } from './start-recording.ts';
import { repairFolder } from '../repair/repair-folder.ts';
import { parseSegmentName } from '../../format/segment-name.ts';
import { settingsOf } from './options.ts';
import type { WriterOptions, WriterSettings } from './options.ts';

/**
 * Opens a capture for writing: takes the folder, seals what an earlier crash left in it, and starts the
 * first segment of a new run. On a full disk it applies `retention`, releases the folder and rejects with `CAPTURE_IO`;
 * the caller may try again.
 *
 * @example
 * const writer = await openWriter({ folder: 'capture', url: 'wss://advanced-trade-ws.coinbase.com' });
 * writer.frame(0, bytes, performance.now());
 * await writer.close();
 *
 * @throws CaptureError `CAPTURE_OPTION`, `CAPTURE_LOCKED`, `CAPTURE_FOLDER_READABLE`, `CAPTURE_FOLDER_UNSAFE`,
 * `CAPTURE_UNSAFE` or `CAPTURE_IO`.
 */
export async function openWriter(options: WriterOptions): Promise<CaptureWriter> {
  const settings = settingsOf(options);
  try {
    await makeCaptureFolder(settings.files, settings.folder, { isPrivate: settings.private });
    const held = await takeFolder(settings, settings.folder, {
      onWatch: (holder) => settings.emit({ kind: 'lock-watched', holder }),
      signal: options.signal,
    });
    return await openHeld(held.environment, held, options.signal);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw isCaptureError(error) ? error : ioError('open', settings.folder, error);
  }
}

async function openHeld(
  settings: WriterSettings,
  held: LockedFolder,
  signal: AbortSignal | undefined,
): Promise<CaptureWriter> {
  try {
    await repairBefore(settings, signal === undefined ? held : stoppable(held, signal), signal);
    signal?.throwIfAborted();
    return await startRecording(settings, held);
  } catch (error) {
    if (isDiskFull(error)) await makeRoom(settings, held);
    await held.lock.release().catch(() => undefined);
    throw error;
  }
}

/** The folder, in which no file is opened any more when the signal has aborted: a repair can end after any call. */
function stoppable(held: LockedFolder, signal: AbortSignal): LockedFolder {
  const { files } = held.environment;
  const open: typeof files.open = async (...call) => {
    signal.throwIfAborted();
    return await files.open(...call);
  };
  return { ...held, environment: { ...held.environment, files: { ...files, open } } };
}

/** Deletes what the retention policy lets go, so that another start may find room. */
async function makeRoom(settings: WriterSettings, held: LockedFolder): Promise<void> {
  if (settings.retention === undefined) return;
  const tasks = startBackgroundTasks(settings, held, () => undefined);
  tasks.applyRetention();
  await tasks.finish();
}

/** Seals the files of a crash before anything new is written; they are never appended to. */
async function repairBefore(
  { files, folder, run, emit }: WriterSettings,
  held: LockedFolder,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { sealed, unsettled, failure } = await repairFolder(held, () => signal?.throwIfAborted());
  if (failure !== undefined) emit({ kind: 'delete-failed', error: failure });
  for (const { file, reason } of unsettled) emit({ kind: 'unsettled', file, reason });
  for (const { file, tornBytes } of sealed) emit({ kind: 'repaired', file, tornBytes });
  // Manifest entries of an earlier run of this name would apply to the new one.
  const known = held.manifest.state.knows(run);
  if (known || (await files.readdir(folder)).some((file) => parseSegmentName(file)?.run === run))
    throw new CaptureError('CAPTURE_OPTION', {
      option: 'run',
      reason: 'the folder holds a run of this name',
    });
}
