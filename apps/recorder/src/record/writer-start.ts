import { setTimeout } from 'node:timers/promises';
import { openWriter, type CaptureWriter, type WriterEvent, type WriterOptions } from '@feedtape/capture/node';
import { isOutOfSpace } from '../process/errors.ts';

/** How often a full disk is retried. */
const ROOM_POLL_MS = 1_000;
/** Events that every attempt on a full disk repeats. */
const REPEATED: ReadonlySet<WriterEvent['kind']> = new Set(['io-error', 'delete-failed']);

/** Opens the writer. On a full disk, calls `onFull` once and retries until there is room; without it, throws. */
export async function startWriter(
  options: WriterOptions,
  onFull: ((error: Error) => void) | undefined,
): Promise<CaptureWriter> {
  let isWaiting = false;
  const onEvent = (event: WriterEvent): void => {
    if (!isWaiting || !REPEATED.has(event.kind)) options.onEvent?.(event);
  };
  for (;;) {
    try {
      const writer = await openWriter({ ...options, onEvent });
      isWaiting = false;
      return writer;
    } catch (error) {
      if (onFull === undefined || !isOutOfSpace(error)) throw error;
      if (!isWaiting) onFull(error);
      isWaiting = true;
    }
    await setTimeout(ROOM_POLL_MS, undefined, options.signal && { signal: options.signal });
  }
}
