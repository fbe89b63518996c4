import { startBusyRecording } from './busy-recording.ts';

// Records into the folder of its first argument, in segments that change several times a second, until it is told.
const recording = await startBusyRecording(process.argv[2] ?? '', {
  rotate: { bytes: 64 * 1024 },
  fsync: { everyMs: 50 },
  retention: { segments: 6 },
});
process.stdout.write('recording\n');
process.stdin.on('data', () => {
  process.stdin.destroy();
  void recording.stop();
});
