import { createBlockQueue } from './block-queue.ts';
import type { CaptureWriter } from './capture-writer.ts';
import { createDropCounter } from './dropped-frames.ts';
import type { FolderLock } from './folder-lock.ts';
import { startHousekeeping } from './housekeeping.ts';
import type { Housekeeping } from './housekeeping.ts';
import { presentSegments, readManifest } from './manifest-file.ts';
import { Recording } from './recording.ts';
import { createReserveFile } from './reserve-file.ts';
import type { ReserveFile } from './reserve-file.ts';
import { createSegmentSeries } from './segment-series.ts';
import { Timekeeper } from './timekeeper.ts';
import { startWriteLoop } from './write-loop.ts';
import type { WriterSettings } from './writer-options.ts';

/** Starts a run in a folder that is locked and in order. */
export async function startRecording(settings: WriterSettings, lock: FolderLock): Promise<CaptureWriter> {
  const { files, folder } = settings;
  const reserve = createReserveFile(files, folder, settings.reserveBytes);
  await fillAtStart(reserve, settings);
  const time = new Timekeeper(settings.clock);
  const drops = createDropCounter();
  const recording: { current?: Recording } = {};
  const queue = createBlockQueue(() => recording.current?.wake());
  const housekeeping = startHousekeeping(settings);
  if (settings.compress !== 'none') await takeUncompressed(settings, housekeeping);
  const series = createSegmentSeries(settings, ({ file }) => housekeeping.take(file));
  const onWritten = (): void => recording.current?.onWritten();
  const connections = (): readonly number[] => recording.current?.openConnections ?? [];
  const surroundings = { settings, queue, drops, reserve, series, connections, onWritten };
  const loop = await startWriteLoop(surroundings, time.start(settings.clock.now()));
  const release = async (): Promise<void> => {
    await housekeeping.finish();
    // The recording is sealed by now. What fails here leaves a file that the next start replaces.
    for (const step of [reserve.release, lock.release]) {
      await step().catch((error: unknown) => settings.emit({ kind: 'io-error', error }));
    }
  };
  recording.current = new Recording({ settings, queue, drops, time, loop, series, lock, release });
  return recording.current;
}

/** A disk that is nearly full is no reason not to start; without the reserve there is less room to seal. */
async function fillAtStart(reserve: ReserveFile, { emit }: WriterSettings): Promise<void> {
  try {
    await reserve.fill();
  } catch (error) {
    emit({ kind: 'io-error', error });
  }
}

/** Segments that an earlier run had no time to compress. */
async function takeUncompressed(
  { files, folder }: WriterSettings,
  housekeeping: Housekeeping,
): Promise<void> {
  for (const { entry, file } of presentSegments(await readManifest(files, folder)).values()) {
    if (file === entry.file) housekeeping.take(file);
  }
}
