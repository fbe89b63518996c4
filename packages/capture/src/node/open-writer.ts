import { CaptureError } from '../capture-error.ts';
import { prepareFolder } from './capture-folder.ts';
import type { CaptureWriter } from './capture-writer.ts';
import { lockFolder } from './folder-lock.ts';
import { startRecording } from './start-recording.ts';
import { repairFolder } from './repair.ts';
import { parseSegmentName } from './segment-names.ts';
import { settingsOf } from './writer-options.ts';
import type { WriterOptions, WriterSettings } from './writer-options.ts';

/**
 * Opens a capture for writing: takes the folder, seals what an earlier crash left in it, and starts the
 * first segment of a new run.
 *
 * @throws CaptureError `CAPTURE_OPTION`, `CAPTURE_LOCKED`, `CAPTURE_FOLDER_READABLE` or `CAPTURE_IO`.
 */
export async function openWriter(options: WriterOptions): Promise<CaptureWriter> {
  const settings = settingsOf(options);
  await prepareFolder(settings);
  const lock = await lockFolder(settings.files, settings.folder);
  try {
    await repairBefore(settings);
    return await startRecording(settings, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** What a crash left behind is sealed before anything new is written, and never appended to. */
async function repairBefore({ files, folder, run, emit }: WriterSettings): Promise<void> {
  const { sealed } = await repairFolder(files, folder);
  for (const { file, tornBytes } of sealed) emit({ kind: 'repaired', file, tornBytes });
  const taken = (await files.readdir(folder)).some((file) => parseSegmentName(file)?.run === run);
  if (taken)
    throw new CaptureError('CAPTURE_OPTION', {
      option: 'run',
      reason: 'the folder holds a run of this name',
    });
}
