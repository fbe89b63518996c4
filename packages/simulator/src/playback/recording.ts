import { type CapturedFrame, type CaptureSource, openCapture, replay } from '@feedtape/capture/node';
import type { Clock } from '../model/clock.ts';
import { SimulatorError } from '../model/simulator-error.ts';
import { type CaptureIndex, createCaptureIndex } from './capture-index.ts';

/** One connection of a recorded run; numbers begin again with every run. */
export interface RecordedConnection {
  readonly run: string;
  readonly connection: number;
  /** It holds frames of `user` or `futures_balance_summary`, or the id of a user. */
  readonly isPrivate: boolean;
}

/** A capture to be served. */
export interface Recording {
  /** In the order of their first frames. */
  readonly connections: readonly RecordedConnection[];
  readonly captureIndex: CaptureIndex;
  /** The frames of one connection, or of all in the order they were received, in batches that are due together. */
  play(of: RecordedConnection | undefined, signal: AbortSignal): AsyncIterable<readonly CapturedFrame[]>;
}

/** How a tape passes. */
export interface TapePace {
  readonly speed: number | 'max';
  readonly clock: Clock;
}

type Batches = AsyncIterable<readonly CapturedFrame[]>;

/**
 * Looks through a capture once for what is in it; every play reads it again.
 * @throws {SimulatorError} `SIMULATOR_CAPTURE_UNUSABLE`, with the capture's own error as its cause
 */
export async function openRecording(source: CaptureSource, { speed, clock }: TapePace): Promise<Recording> {
  const contents = await contentsOf(openCapture(source, { strict: true }).frames.batches({ reuse: true }));
  return {
    ...contents,
    play(of, signal) {
      const capture = openCapture(
        source,
        of === undefined ? {} : { connection: of.connection, where: ({ run }) => run === of.run },
      );
      return replay(capture, { speed, clock, signal }).batches();
    },
  };
}

/**
 * Holds a whole capture in memory, so that playing it waits for nothing but the clock.
 * @throws {SimulatorError} `SIMULATOR_CAPTURE_UNUSABLE`, with the capture's own error as its cause
 */
export async function loadRecording(source: CaptureSource, { speed, clock }: TapePace): Promise<Recording> {
  const capture = openCapture(source, { strict: true });
  const frames: CapturedFrame[] = [];
  const contents = await contentsOf(capture.frames.batches(), (batch) => frames.push(...batch));
  return {
    ...contents,
    play(of, signal) {
      const wanted =
        of === undefined
          ? frames
          : frames.filter(({ run, connection }) => run === of.run && connection === of.connection);
      const stream = { batches: () => oneBatch(wanted), [Symbol.asyncIterator]: () => each(wanted) };
      return replay({ ...capture, frames: stream }, { speed, clock, signal }).batches();
    },
  };
}

async function* oneBatch(frames: readonly CapturedFrame[]): AsyncGenerator<readonly CapturedFrame[]> {
  if (frames.length > 0) yield frames;
}

async function* each(frames: readonly CapturedFrame[]): AsyncGenerator<CapturedFrame> {
  yield* frames;
}

async function contentsOf(
  batches: Batches,
  keep: (batch: readonly CapturedFrame[]) => void = () => {},
): Promise<Pick<Recording, 'connections' | 'captureIndex'>> {
  const connections = new Map<string, RecordedConnection>();
  const captureIndex = createCaptureIndex();
  try {
    for await (const batch of batches) {
      keep(batch);
      for (const frame of batch) {
        const { run, connection } = frame;
        const key = `${run} ${connection}`;
        const isPrivate = captureIndex.add(frame) || connections.get(key)?.isPrivate === true;
        connections.set(key, { run, connection, isPrivate });
      }
    }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SimulatorError('SIMULATOR_CAPTURE_UNUSABLE', { why }, { cause });
  }
  if (connections.size === 0)
    throw new SimulatorError('SIMULATOR_CAPTURE_UNUSABLE', { why: 'it holds no frames' });
  return { connections: [...connections.values()], captureIndex };
}
