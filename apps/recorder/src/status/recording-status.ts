import type { FeedItem } from './feed-item.ts';
import { peek } from '@feedtape/protocol';
import {
  captureIncident,
  captureTroubles,
  createCaptureState,
  type CaptureEvent,
  type WatchedWriter,
} from './capture-state.ts';
import { overallHealth } from './connection-health.ts';
import { createConnectionStates } from './connection-states.ts';
import { createIncidentLog } from './incident-log.ts';
import { createKeptBooks } from './kept-books.ts';
import { createLagSamples } from './lag-samples.ts';
import { createRateMeter, mark, perSecond } from './rate-meter.ts';
import { createSecondHistory, HISTORY_SECONDS } from './second-history.ts';
import { gapText, productsText } from './incident-text.ts';
import { countVerdict, noTotals } from './running-totals.ts';
import type { StatusHistory, StatusSnapshot } from './status-snapshot.ts';
import { createStreamCounts } from './stream-counts.ts';

/** Disk growth is the mean over this long. */
const GROWTH_SECONDS = 300;

export interface RecordingStatusOptions {
  /** When the recording started, in the monotonic milliseconds that feed items carry. */
  readonly startedAt: number;
  /** Keep order books of level2, for the top of each; costs a decode for every level2 frame. Default: no. */
  readonly books?: boolean;
}

/**
 * What a recording has seen, in bounded memory: at most {@link CONNECTION_LIMIT} connections,
 * {@link PAIR_LIMIT} pairs of channel and product, {@link INCIDENT_LIMIT} incidents, {@link HISTORY_SECONDS} seconds
 * of history, 20 segments and {@link BOOK_LIMIT} books; what exceeds a limit is only in the totals. Opens nothing,
 * reads no clock: time comes in with the items and with each look.
 */
export interface RecordingStatus {
  /** Takes one item of the feed; a frame costs one `peek`. */
  observe(item: FeedItem): void;
  /** Takes an event of the capture's writer, or what was found out about its disk. */
  observeCapture(event: CaptureEvent, at: number): void;
  /** From here on the writer's own counts are shown. */
  attachWriter(writer: WatchedWriter): void;
  /** `now` in monotonic milliseconds and `wall` in Unix milliseconds of the same moment. */
  snapshot(now: number, wall: number): StatusSnapshot;
  /** The complete seconds that are remembered, or only the last `seconds`. */
  history(now: number, wall: number, seconds?: number): StatusHistory;
}

export function createRecordingStatus({
  startedAt,
  books: withBooks = false,
}: RecordingStatusOptions): RecordingStatus {
  const connections = createConnectionStates();
  const streams = createStreamCounts();
  const lag = createLagSamples();
  const incidents = createIncidentLog();
  const capture = createCaptureState();
  const history = createSecondHistory();
  const books = withBooks ? createKeptBooks() : undefined;
  const totals = noTotals();
  const frames = createRateMeter();
  const bytes = createRateMeter();
  const atSecond = { number: 0, frames: 0, bytes: 0 };

  /** Ends every second that is over at `now`; after a long silence only those that anything remembers. */
  const advance = (now: number): void => {
    const current = Math.floor((now - startedAt) / 1000);
    atSecond.number = Math.max(atSecond.number, current - HISTORY_SECONDS);
    while (atSecond.number < current) {
      history.push({
        second: atSecond.number,
        frames: frames.total - atSecond.frames,
        bytes: bytes.total - atSecond.bytes,
        lag: lag.closeSecond(),
      });
      atSecond.number += 1;
      atSecond.frames = frames.total;
      atSecond.bytes = bytes.total;
      for (const meter of [frames, bytes]) mark(meter, atSecond.number);
      streams.mark(atSecond.number);
      connections.mark(atSecond.number);
    }
  };

  const observeFrame = (item: Extract<FeedItem, { kind: 'frame' }>): void => {
    const peeked = peek(item.bytes);
    const { channel, productId, sequence } = peeked;
    const size = item.bytes.length;
    frames.total += 1;
    bytes.total += size;
    streams.count(channel, productId, size);
    lag.sample(item);
    books?.frame(item, peeked);
    countVerdict(totals, item.verdict);
    const state = connections.get(item.connection);
    if (state === undefined) return;
    state.frames.total += 1;
    state.bytes.total += size;
    state.lastFrameAt = item.receivedAt;
    if (sequence !== undefined && sequence > (state.sequence ?? -1)) state.sequence = sequence;
    if (item.verdict?.kind === 'late') state.missing -= 1;
  };

  const observe = (item: FeedItem): void => {
    if (item.kind === 'frame') {
      advance(item.receivedAt);
      observeFrame(item);
      return;
    }
    const { connection, at } = item;
    switch (item.kind) {
      case 'sent':
        return;
      case 'connected':
        totals.connections += 1;
        connections.connected(item);
        incidents.report({ at, kind: 'connect', connection, text: `connected to ${item.url}` });
        return;
      case 'subscribed':
        connections.subscribed(item);
        return;
      case 'gap':
        observeGap(item);
        return;
      case 'stale':
        connections.stale(item);
        incidents.report({
          at,
          kind: 'stale',
          connection,
          text: `${productsText(item.productIds)}: ${item.reason}`,
        });
        return;
      case 'recovered': {
        totals.recoveries += 1;
        const afterMs = connections.recovered(item);
        incidents.report({
          at,
          kind: 'recovery',
          connection,
          text: `${productsText(item.productIds)} can be trusted again`,
          ...(afterMs === undefined ? {} : { afterMs: Math.round(afterMs) }),
        });
        return;
      }
      case 'disconnected':
        totals.disconnects += 1;
        lag.forget(connection);
        connections.disconnected(item);
        books?.markStale(connection, 'disconnect');
        incidents.report({ at, kind: 'disconnect', connection, text: disconnectText(item) });
        return;
      case 'rejected':
        totals.rejected += 1;
        incidents.report({
          at,
          kind: 'rejected',
          connection,
          text: `the exchange answered: ${item.message}`,
        });
    }
  };

  const observeGap = ({ at, connection, why, missing, count }: Extract<FeedItem, { kind: 'gap' }>): void => {
    // The frame that shows a jump of the numbers has marked the books already, before it was applied to them.
    if (why !== 'sequence') books?.markStale(connection, 'gap');
    const state = connections.get(connection);
    if (state !== undefined) state.gaps += 1;
    if (count === null) totals.unknownGaps += 1;
    else {
      totals.gaps += 1;
      totals.gapFrames += count;
      if (state !== undefined) state.missing += count;
    }
    incidents.report({ at, kind: 'gap', connection, text: gapText(why, missing), count });
  };

  return {
    observe,
    attachWriter: (writer) => capture.attach(writer),
    observeCapture(event, at) {
      capture.observe(event, at);
      const incident = captureIncident(event, at);
      if (incident !== undefined) incidents.report(incident);
    },
    snapshot(now, wall) {
      advance(now);
      const offset = wall - now;
      const toWall = (at: number): number => at + offset;
      const { number: second } = atSecond;
      const connectionList = connections.snapshot({ now, second, offset });
      const captured = capture.snapshot(history.meanBytes(GROWTH_SECONDS), offset);
      return {
        at: Math.round(wall),
        startedAt: Math.round(toWall(startedAt)),
        elapsedMs: Math.round(now - startedAt),
        health: overallHealth(connectionList, captureTroubles(captured)),
        totals: { ...totals, frames: frames.total, bytes: bytes.total },
        framesPerSecond: perSecond(frames, second),
        bytesPerSecond: perSecond(bytes, second),
        connections: connectionList,
        streams: streams.snapshot(second),
        lag: lag.snapshot(offset),
        incidents: incidents.snapshot(toWall),
        ...(books === undefined ? {} : { books: books.snapshot(toWall) }),
        capture: captured,
      };
    },
    history(now, wall, seconds = HISTORY_SECONDS) {
      advance(now);
      const offset = wall - now;
      return history.snapshot(
        atSecond.number - seconds,
        offset,
        (second) => startedAt + second * 1000 + offset,
      );
    },
  };
}

function disconnectText({ reason, code, retryInMs }: Extract<FeedItem, { kind: 'disconnected' }>): string {
  const next =
    retryInMs === undefined ? 'not tried again' : `next attempt in ${(retryInMs / 1000).toFixed(1)} s`;
  return `${reason} (close code ${code}); ${next}`;
}
