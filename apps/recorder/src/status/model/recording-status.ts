import type { FeedItem, FrameItem, GapItem } from '@feedtape/client';
import { isPrivateChannel, peek, type Peeked } from '@feedtape/protocol';
import {
  captureIncident,
  captureTroubles,
  createCaptureState,
  type CaptureEvent,
  type WatchedWriter,
} from './capture-state.ts';
import { skewWarning } from './clock-skew.ts';
import { overallHealth } from './connection-health.ts';
import { createConnectionStates } from './connection-states.ts';
import { feedIncident } from '../../events/feed-incident.ts';
import type { IncidentReport } from '../../events/incident.ts';
import { createIncidentLog } from './incident-log.ts';
import { createKeptBooks } from './kept-books.ts';
import { createLagSamples } from './lag-samples.ts';
import { createRateMeter, mark, perSecond } from './rate-meter.ts';
import { createSecondHistory, HISTORY_SECONDS } from './second-history.ts';
import { countVerdict, noTotals } from './running-totals.ts';
import type { ClockSkew, StatusHistory, StatusSnapshot } from './status-snapshot.ts';
import { createStreamCounts, SEVERAL } from './stream-counts.ts';

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
  /** Takes one item of the feed. What the client saw of a frame at a glance is not looked for again. */
  observe(item: FeedItem): void;
  /** Takes an event of the capture's writer, or what was found out about its disk. */
  observeCapture(event: CaptureEvent, at: number): void;
  /** Takes what is known of this machine's clock. */
  observeClock(skew: ClockSkew): void;
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
  let clock: ClockSkew | undefined;
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

  const observeFrame = (item: FrameItem): void => {
    const peeked = item.peeked ?? peek(item.bytes);
    const size = item.bytes.length;
    frames.total += 1;
    bytes.total += size;
    streams.count(item.channel ?? peeked.channel, streamProduct(peeked), size);
    countVerdict(totals, item.verdict);
    connections.frame(item, peeked.sequence);
    lag.sample(item);
    books?.frame(item, peeked);
  };

  const countGap = ({ why, count }: GapItem): void => {
    totals.gaps += 1;
    if (count === null) totals.unknownGaps += 1;
    if (why === 'sequence') totals.gapFrames += count ?? 0;
  };

  /** Applies an item that is not a frame. Returns how long what recovered was out, if it did and that is known. */
  const apply = (item: Exclude<FeedItem, FrameItem>): number | undefined => {
    switch (item.kind) {
      case 'connected':
        totals.connections += 1;
        connections.connected(item);
        return undefined;
      case 'subscribed':
        totals.omitted += connections.subscribed(item);
        return undefined;
      case 'gap':
        countGap(item);
        connections.gap(item);
        return undefined;
      case 'stale':
        connections.stale(item);
        books?.stale(item);
        return undefined;
      case 'recovered':
        totals.recoveries += 1;
        books?.recovered(item);
        return connections.recovered(item);
      case 'disconnected':
        totals.disconnects += 1;
        lag.forget(item.connection);
        connections.disconnected(item);
        return undefined;
      case 'rejected':
        totals.rejected += 1;
        return undefined;
      case 'sent':
        return undefined;
    }
  };

  const report = (incident: IncidentReport | undefined): void => {
    if (incident !== undefined) incidents.report(incident);
  };

  return {
    observe(item) {
      if (item.kind === 'frame') {
        advance(item.receivedAt);
        observeFrame(item);
      } else report(feedIncident(item, apply(item)));
    },
    observeClock(skew) {
      clock = skew;
    },
    attachWriter: (writer) => capture.attach(writer),
    observeCapture(event, at) {
      capture.observe(event, at);
      report(captureIncident(event, at));
    },
    snapshot(now, wall) {
      advance(now);
      const offset = wall - now;
      const toWall = (at: number): number => at + offset;
      const { number: second } = atSecond;
      const connectionList = connections.snapshot({ now, second, offset });
      const captured = capture.snapshot(history.meanBytes(GROWTH_SECONDS), offset);
      const warnings = [skewWarning(clock) ?? []].flat();
      return {
        at: Math.round(wall),
        startedAt: Math.round(toWall(startedAt)),
        elapsedMs: Math.round(now - startedAt),
        health: overallHealth(connectionList, { troubles: captureTroubles(captured), warnings }),
        totals: { ...totals, frames: frames.total, bytes: bytes.total },
        framesPerSecond: perSecond(frames, second),
        bytesPerSecond: perSecond(bytes, second),
        connections: connectionList,
        streams: streams.snapshot(second),
        lag: lag.snapshot(offset),
        ...(clock === undefined ? {} : { clock }),
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

/** What an account trades is its own affair: figures of private channels name no product. */
function streamProduct({ channel, productId, otherProductIds }: Peeked): string | undefined {
  if (channel !== undefined && isPrivateChannel(channel)) return undefined;
  return otherProductIds === undefined ? productId : SEVERAL;
}
