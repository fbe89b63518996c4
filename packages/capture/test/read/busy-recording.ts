import { setTimeout } from 'node:timers/promises';
import { openWriter } from '@feedtape/capture/node';
import type { WriterOptions } from '@feedtape/capture/node';
import { ledgerFrame, ledgerPlace } from '../ledger.ts';

const SEED = 11;
const CONNECTIONS = 3;
const MOST_WAITING_BYTES = 256 * 1024;

/** A recording in a folder that changes all the time. */
export interface BusyRecording {
  /** Frames handed to the writer so far. */
  readonly offered: number;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Records frames of a ledger in segments of some 8 KiB, which are sealed, compressed and deleted as it goes on. */
export async function startBusyRecording(
  folder: string,
  options: Partial<WriterOptions> = {},
): Promise<BusyRecording> {
  const writer = await openWriter({
    folder,
    url: 'wss://example.test',
    rotate: { bytes: 8 * 1024 },
    fsync: 'never',
    compress: 'zstd',
    reserveBytes: 0,
    ...options,
  });
  let offered = 0;
  const stopped = new AbortController();
  const work = (async () => {
    while (!stopped.signal.aborted) {
      for (let n = 0; n < 5; n += 1) {
        const { connection, index } = ledgerPlace(offered, CONNECTIONS);
        const { bytes, binary } = ledgerFrame(SEED, connection, index);
        writer.frame(connection, bytes, performance.now(), binary);
        offered += 1;
      }
      await setTimeout(2);
      // As fast as the disk takes it: what waits would have to be written at the end.
      if (writer.queuedBytes > MOST_WAITING_BYTES) await writer.drained();
    }
    await writer.close();
  })();
  return {
    get offered() {
      return offered;
    },
    async stop() {
      stopped.abort();
      await work;
    },
  };
}

/** Checks that frames come once each and in order, and counts them. */
export function createFollower(): {
  readonly count: number;
  take(frame: { readonly connection: number; readonly index: number; readonly bytes: Uint8Array }): void;
} {
  const next = new Map<number, number>();
  let count = 0;
  return {
    get count() {
      return count;
    },
    take({ connection, index, bytes }) {
      const expected = next.get(connection) ?? index;
      if (index !== expected) {
        throw new Error(`connection ${connection}: frame ${index} after ${expected - 1}`);
      }
      if (!ledgerFrame(SEED, connection, index).bytes.equals(bytes))
        throw new Error(`frame ${index} differs`);
      next.set(connection, index + 1);
      count += 1;
    },
  };
}
