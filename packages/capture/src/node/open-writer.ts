import { CaptureError, isCaptureError } from '../capture-error.ts';
import { prepareFolder, takeFolder } from './capture-folder.ts';
import type { CaptureWriter } from './capture-writer.ts';
import { ioError } from './files.ts';
import type { FolderLock } from './folder-lock.ts';
import { startRecording } from './start-recording.ts';
import { repairFolder } from './repair.ts';
import { parseSegmentName } from '../segment-names.ts';
import { settingsOf } from './writer-options.ts';
import type { WriterOptions, WriterSettings } from './writer-options.ts';

/**
 * Opens a capture for writing: takes the folder, seals what an earlier crash left in it, and starts the
 * first segment of a new run.
 *
 * @throws CaptureError `CAPTURE_OPTION`, `CAPTURE_LOCKED`, `CAPTURE_FOLDER_READABLE`, `CAPTURE_FOLDER_UNSAFE`,
 * `CAPTURE_UNSAFE` or `CAPTURE_IO`.
 */
export async function openWriter(options: WriterOptions): Promise<CaptureWriter> {
  const settings = settingsOf(options);
  try {
    await prepareFolder(settings);
    const { environment, lock } = await takeFolder(settings, settings.folder);
    return await openLocked(environment, lock);
  } catch (error) {
    throw isCaptureError(error) ? error : ioError('open', settings.folder, error);
  }
}

async function openLocked(settings: WriterSettings, lock: FolderLock): Promise<CaptureWriter> {
  try {
    await repairBefore(settings);
    return await startRecording(settings, lock);
  } catch (error) {
    await lock.release().catch(() => undefined);
    throw error;
  }
}

/** What a crash left behind is sealed before anything new is written, and never appended to. */
async function repairBefore(settings: WriterSettings): Promise<void> {
  const { files, folder, run, emit } = settings;
  const { sealed } = await repairFolder(settings, folder);
  for (const { file, tornBytes } of sealed) emit({ kind: 'repaired', file, tornBytes });
  const taken = (await files.readdir(folder)).some((file) => parseSegmentName(file)?.run === run);
  if (taken)
    throw new CaptureError('CAPTURE_OPTION', {
      option: 'run',
      reason: 'the folder holds a run of this name',
    });
}
