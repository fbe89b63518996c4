import type { CaptureWriter, WriterOptions, WriterResult } from '@feedtape/capture/node';
import { openFeed, type FeedItem, type FeedOptions } from '@feedtape/client';
import { writeItem } from './feed-records.ts';
import { runAfter } from './long-timer.ts';
import { countItem, noTotals, type RunningTotals } from '../status/model/running-totals.ts';
import type { Totals } from '../status/model/status-snapshot.ts';
import { type Unacknowledged, watchUnacknowledged } from '../status/model/unacknowledged.ts';
import { startWriter } from './writer-start.ts';

export interface RecordingOptions {
  readonly writer: WriterOptions;
  readonly feed: Omit<FeedOptions, 'signal'>;
  readonly durationMs?: number;
  /** Stops after exactly this many frames. */
  readonly frames?: number;
  /** Stops gracefully: closes the feed, writes everything received and seals the capture. */
  readonly signal: AbortSignal;
  /** Called once when the disk is too full to start, which then waits for room. Without it that is an error. */
  readonly onFull?: (error: Error) => void;
  /** Called once, after the folder is locked and before anything connects. */
  readonly onStart?: (writer: CaptureWriter, totals: Totals) => Promise<void>;
  readonly onItem?: (item: FeedItem) => void;
}

export interface RecordingResult {
  readonly totals: Totals;
  /** Subscriptions that the exchange never acknowledged. */
  readonly unacknowledged: readonly string[];
  readonly run: string;
  readonly sealed: WriterResult;
  readonly elapsedMs: number;
}

/** Pauses the sockets while more than this is queued for the disk. */
const WRITE_BACKLOG_BYTES = 16 * 1024 * 1024;

/**
 * Records a feed into a folder until the signal, the duration or the number of frames ends it. Rejects invalid feed
 * options before it creates the folder, opens the folder before anything connects, and seals the capture whatever ended
 * the feed.
 */
export async function recordFeed(options: RecordingOptions): Promise<RecordingResult> {
  const started = performance.now();
  // An aborted feed only checks its options.
  await openFeed({ ...options.feed, signal: AbortSignal.abort() }).close();
  const writer = await startWriter({ ...options.writer, signal: options.signal }, options.onFull);
  const totals = noTotals();
  const unacknowledged = watchUnacknowledged();
  let sealed: WriterResult;
  try {
    await options.onStart?.(writer, totals);
    await consumeFeed(writer, { totals, unacknowledged }, options);
  } finally {
    sealed = await writer.close();
  }
  return {
    run: writer.run,
    totals,
    unacknowledged: unacknowledged.names,
    sealed,
    elapsedMs: performance.now() - started,
  };
}

async function consumeFeed(
  writer: CaptureWriter,
  { totals, unacknowledged }: { readonly totals: RunningTotals; readonly unacknowledged: Unacknowledged },
  options: RecordingOptions,
): Promise<void> {
  const { feed: feedOptions, durationMs, frames, signal, onItem } = options;
  const enough = new AbortController();
  const cancel = durationMs === undefined ? undefined : runAfter(durationMs, () => enough.abort());
  const feed = openFeed({ ...feedOptions, signal: AbortSignal.any([signal, enough.signal]) });
  try {
    await feed.consume((item) => {
      if (item.kind === 'frame' && totals.frames === frames) return undefined;
      countItem(totals, item);
      unacknowledged.observe(item);
      writeItem(writer, item);
      onItem?.(item);
      if (totals.frames === frames) enough.abort();
      return writer.queuedBytes > WRITE_BACKLOG_BYTES ? writer.drained() : undefined;
    });
  } finally {
    cancel?.();
    await feed.close();
  }
}
