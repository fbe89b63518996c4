import { prepareFolder } from './capture-folder.ts';
import type { CaptureWriter } from './capture-writer.ts';
import { lockFolder } from './folder-lock.ts';
import { startRecording } from './recording.ts';
import { settingsOf } from './writer-options.ts';
import type { WriterOptions } from './writer-options.ts';

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
    return await startRecording(settings, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}
