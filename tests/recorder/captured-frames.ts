import { openWriter, type CaptureWriter } from '@feedtape/capture/node';
import { temporaryFolder } from './temporary-folder.ts';

/** A sealed capture in a folder of its own that holds what `write` gives the writer. */
export async function capturedBy(write: (writer: CaptureWriter) => void): Promise<string> {
  const folder = temporaryFolder();
  const writer = await openWriter({ folder, url: 'wss://exchange.example', private: true });
  write(writer);
  await writer.close();
  return folder;
}

/** A sealed capture of one connection that received these frames. */
export const capturedFrames = (frames: readonly (string | Uint8Array)[]): Promise<string> =>
  capturedBy((writer) => {
    writer.connection(0, 'open', { url: 'wss://exchange.example' });
    for (const frame of frames) writer.frame(0, Buffer.from(frame), performance.now());
  });
