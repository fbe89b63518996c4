import { type CapturedFrame, type CaptureSource, openCapture, replay } from '@feedtape/capture/node';
import type { Clock } from '../clock.ts';
import { SimulatorError } from '../simulator-error.ts';

/** One connection of a recorded run; numbers begin again with every run. */
export interface RecordedConnection {
  readonly run: string;
  readonly connection: number;
}

/** A capture to be served. */
export interface Recording {
  /** In the order of their first frames. */
  readonly connections: readonly RecordedConnection[];
  /** The frames of one connection, or of all in the order they were received, in batches that are due together. */
  play(of: RecordedConnection | undefined, signal: AbortSignal): AsyncIterable<readonly CapturedFrame[]>;
}

/**
 * Looks through a capture once for its connections.
 * @throws {SimulatorError} `SIMULATOR_CAPTURE_UNUSABLE`, with the capture's own error as its cause
 */
export async function openRecording(
  source: CaptureSource,
  speed: number | 'max',
  clock: Clock,
): Promise<Recording> {
  const connections = await connectionsOf(source);
  return {
    connections,
    play(of, signal) {
      const capture = openCapture(
        source,
        of === undefined ? {} : { connection: of.connection, where: ({ run }) => run === of.run },
      );
      return replay(capture, { speed, clock, signal }).batches();
    },
  };
}

async function connectionsOf(source: CaptureSource): Promise<readonly RecordedConnection[]> {
  const found = new Map<string, RecordedConnection>();
  try {
    for await (const batch of openCapture(source).frames.batches({ reuse: true }))
      for (const { run, connection } of batch) found.set(`${run} ${connection}`, { run, connection });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SimulatorError('SIMULATOR_CAPTURE_UNUSABLE', { why }, { cause });
  }
  if (found.size === 0) throw new SimulatorError('SIMULATOR_CAPTURE_UNUSABLE', { why: 'it holds no frames' });
  return [...found.values()];
}
