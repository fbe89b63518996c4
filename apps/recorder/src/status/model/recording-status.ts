import type { FeedItem, FrameItem } from '@feedtape/client';
import { isPrivateChannel, peek, type Peeked } from '@feedtape/protocol';
import {
  captureTroubles,
  createCaptureState,
  type CaptureEvent,
  type CaptureState,
  type WatchedWriter,
} from './capture-state.ts';
import { skewWarning } from './skew-watch.ts';
import { overallHealth } from './connection-health.ts';
import { createConnectionStates, type ConnectionStates } from './connection-states.ts';
import { describeItem, describeWriterEvent } from '../../events/describe.ts';
import { createIncidentLog, type IncidentLog } from './incident-log.ts';
import { createKeptBooks, type KeptBooks } from './kept-books.ts';
import { createLagSamples, type LagSamples } from './lag-samples.ts';
import { createRateMeter, mark, perSecond, type RateMeter } from './rate-meter.ts';
import { createSecondHistory, HISTORY_SECONDS, type SecondHistory } from './second-history.ts';
import { countItem, noTotals, type RunningTotals } from './running-totals.ts';
import type { ClockSkew, StatusHistory, StatusSnapshot } from './status-snapshot.ts';
import { createStreamCounts, SEVERAL, type StreamCounts } from './stream-counts.ts';

/** Window for the mean growth of the capture. */
const GROWTH_SECONDS = 300;

export interface RecordingStatusOptions {
  /** When the recording started, in the monotonic milliseconds that feed items carry. */
  readonly startedAt: number;
  /** Keeps level2 order books, which costs decoding every level2 frame. Default: false. */
  readonly books?: boolean;
}

/**
 * The state of a recording in bounded memory: at most {@link CONNECTION_LIMIT} connections,
 * {@link PAIR_LIMIT} pairs of channel and product, {@link INCIDENT_LIMIT} incidents, {@link HISTORY_SECONDS} seconds
 * of history, 20 segments and {@link BOOK_LIMIT} books. Beyond a limit only totals are kept. Reads no clock and opens
 * nothing: time comes in with items and calls.
 */
export interface RecordingStatus {
  /** Takes one item of the feed. Reuses what the client peeked of a frame. */
  observe(item: FeedItem): void;
  /** Takes an event of the capture's writer, or the state of its disk. */
  observeCapture(event: CaptureEvent, at: number): void;
  /** Takes the newest measurement of this machine's clock. */
  observeClock(skew: ClockSkew): void;
  /** Includes the writer's counts from now on. */
  attachWriter(writer: WatchedWriter): void;
  /** `now` in monotonic milliseconds and `wall` in Unix milliseconds of the same moment. */
  snapshot(now: number, wall: number): StatusSnapshot;
  /** The complete seconds in memory, or only the last `seconds`. */
  history(now: number, wall: number, seconds?: number): StatusHistory;
}

/** Everything that is counted and remembered. */
interface Model {
  readonly startedAt: number;
  readonly totals: RunningTotals;
  readonly frames: RateMeter;
  readonly bytes: RateMeter;
  readonly connections: ConnectionStates;
  readonly streams: StreamCounts;
  readonly lag: LagSamples;
  readonly incidents: IncidentLog;
  readonly capture: CaptureState;
  readonly history: SecondHistory;
  readonly books: KeptBooks | undefined;
  clock: ClockSkew | undefined;
  /** The current second of the recording. */
  second: number;
}

export function createRecordingStatus({ startedAt, books = false }: RecordingStatusOptions): RecordingStatus {
  const model: Model = {
    startedAt,
    totals: noTotals(),
    frames: createRateMeter(),
    bytes: createRateMeter(),
    connections: createConnectionStates(),
    streams: createStreamCounts(),
    lag: createLagSamples(),
    incidents: createIncidentLog(),
    capture: createCaptureState(),
    history: createSecondHistory(),
    books: books ? createKeptBooks() : undefined,
    clock: undefined,
    second: 0,
  };
  return {
    observe(item) {
      if (item.kind === 'frame') observeFrame(model, item);
      else {
        countItem(model.totals, item);
        model.incidents.report(describeItem(item, apply(model, item)), item.at);
      }
    },
    observeClock(skew) {
      model.clock = skew;
    },
    attachWriter: (writer) => model.capture.attach(writer),
    observeCapture(event, at) {
      model.capture.observe(event, at);
      if (event.kind !== 'disk' && event.kind !== 'closed')
        model.incidents.report(describeWriterEvent(event), at);
    },
    snapshot: (now, wall) => snapshotOf(model, now, wall),
    history(now, wall, seconds = HISTORY_SECONDS) {
      advance(model, now);
      const offset = wall - now;
      const toWall = (second: number): number => startedAt + second * 1000 + offset;
      return model.history.snapshot(model.second - seconds, offset, toWall);
    },
  };
}

/** Completes every second before `now`; after a long silence only those that are remembered. */
function advance(model: Model, now: number): void {
  const { startedAt, totals, frames, bytes, connections, streams, lag, history } = model;
  const current = Math.floor((now - startedAt) / 1000);
  model.second = Math.max(model.second, current - HISTORY_SECONDS);
  while (model.second < current) {
    history.push({
      second: model.second,
      frames: totals.frames - frames.total,
      bytes: totals.bytes - bytes.total,
      lag: lag.closeSecond(),
    });
    model.second += 1;
    frames.total = totals.frames;
    bytes.total = totals.bytes;
    for (const meter of [frames, bytes]) mark(meter, model.second);
    streams.mark(model.second);
    connections.mark(model.second);
  }
}

function observeFrame(model: Model, item: FrameItem): void {
  advance(model, item.at);
  const { totals, connections, streams, lag, books } = model;
  const peeked = item.peeked ?? peek(item.bytes);
  countItem(totals, item);
  streams.count(item.channel ?? peeked.channel, streamProduct(peeked), item.bytes.length);
  connections.frame(item, peeked.sequence);
  lag.sample(item);
  books?.frame(item, peeked);
}

/** Applies an item that is not a frame. Returns how long recovered products were stale, if known. */
function apply(
  { totals, connections, lag, books }: Model,
  item: Exclude<FeedItem, FrameItem>,
): number | undefined {
  switch (item.kind) {
    case 'connected':
      connections.connected(item);
      return undefined;
    case 'subscribed':
      totals.omitted += connections.subscribed(item);
      return undefined;
    case 'gap':
      connections.gap(item);
      return undefined;
    case 'stale':
      connections.stale(item);
      books?.stale(item);
      return undefined;
    case 'recovered':
      books?.recovered(item);
      return connections.recovered(item);
    case 'disconnected':
      lag.forget(item.connection);
      connections.disconnected(item);
      return undefined;
    case 'rejected':
    case 'sent':
      return undefined;
  }
}

function snapshotOf(model: Model, now: number, wall: number): StatusSnapshot {
  advance(model, now);
  const { startedAt, second, clock } = model;
  const offset = wall - now;
  const toWall = (at: number): number => at + offset;
  const connections = model.connections.snapshot({ now, second, offset });
  const capture = model.capture.snapshot(model.history.meanBytes(GROWTH_SECONDS), offset);
  const warnings = [skewWarning(clock) ?? []].flat();
  return {
    at: Math.round(wall),
    startedAt: Math.round(toWall(startedAt)),
    elapsedMs: Math.round(now - startedAt),
    health: overallHealth(connections, { troubles: captureTroubles(capture), warnings }),
    totals: { ...model.totals },
    framesPerSecond: perSecond(model.frames, second),
    bytesPerSecond: perSecond(model.bytes, second),
    connections,
    streams: model.streams.snapshot(second),
    lag: model.lag.snapshot(offset),
    ...(clock === undefined ? {} : { clock }),
    incidents: model.incidents.snapshot(toWall),
    ...(model.books === undefined ? {} : { books: model.books.snapshot(toWall) }),
    capture,
  };
}

/** Private channels are counted without their products, which would show what the account trades. */
function streamProduct({ channel, productId, otherProductIds }: Peeked): string | undefined {
  if (channel !== undefined && isPrivateChannel(channel)) return undefined;
  return otherProductIds === undefined ? productId : SEVERAL;
}
