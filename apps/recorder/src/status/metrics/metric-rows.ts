import type { ConnectionPhase, StatusSnapshot } from '../model/status-snapshot.ts';

/** One series: its value and its labels. */
export type Sample = readonly [value: number, labels?: Readonly<Record<string, string>>];

/** One metric and how to read it from a snapshot. Names that end in `_total` are counters, all others gauges. */
export interface MetricRow {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly read: (snapshot: StatusSnapshot) => readonly Sample[];
}

const PHASES: readonly ConnectionPhase[] = ['open', 'subscribed', 'waiting', 'ended'];

const seconds = (ms: number): number => ms / 1000;

const optional = (value: number | undefined, labels?: Readonly<Record<string, string>>): readonly Sample[] =>
  value === undefined ? [] : [labels === undefined ? [value] : [value, labels]];

const feedRows: readonly MetricRow[] = [
  {
    name: 'feedtape_start_time_seconds',
    help: 'When the recording started, in Unix seconds.',
    read: ({ startedAt }) => [[seconds(startedAt)]],
  },
  {
    name: 'feedtape_healthy',
    help: 'Overall health: 1 good, 0.5 warning, 0 bad.',
    read: ({ health }) => [[{ good: 1, warning: 0.5, bad: 0 }[health.level]]],
  },
  {
    name: 'feedtape_frames_total',
    help: 'Frames received, by channel and product; beyond the limits as (other).',
    labels: ['channel', 'product'],
    read: ({ streams }) => streams.map(({ channel, product, frames }) => [frames, { channel, product }]),
  },
  {
    name: 'feedtape_received_bytes_total',
    help: 'Bytes of all frames received.',
    read: ({ totals }) => [[totals.bytes]],
  },
  {
    name: 'feedtape_connections',
    help: 'Connections by phase; only the last few ended ones are counted.',
    labels: ['phase'],
    read: ({ connections }) =>
      PHASES.map((phase) => [
        connections.filter((connection) => connection.phase === phase).length,
        { phase },
      ]),
  },
  {
    name: 'feedtape_connection_last_frame_age_seconds',
    help: 'Time since the last frame of each open connection.',
    labels: ['connection'],
    read: ({ connections }) =>
      connections
        .filter(({ phase }) => phase === 'open' || phase === 'subscribed')
        .flatMap(({ connection, lastFrameAgeMs }) =>
          lastFrameAgeMs === undefined
            ? []
            : optional(seconds(lastFrameAgeMs), { connection: String(connection) }),
        ),
  },
  {
    name: 'feedtape_connections_opened_total',
    help: 'Connections opened, including reconnects.',
    read: ({ totals }) => [[totals.connections]],
  },
  {
    name: 'feedtape_disconnects_total',
    help: 'Connections lost and failed attempts.',
    read: ({ totals }) => [[totals.disconnects]],
  },
  {
    name: 'feedtape_recoveries_total',
    help: 'Recoveries from a gap or an outage.',
    read: ({ totals }) => [[totals.recoveries]],
  },
  {
    name: 'feedtape_gaps_total',
    help: 'Gaps, by whether their extent is known.',
    labels: ['extent'],
    read: ({ totals }) => [
      [totals.gaps - totals.unknownGaps, { extent: 'known' }],
      [totals.unknownGaps, { extent: 'unknown' }],
    ],
  },
  {
    name: 'feedtape_gap_frames_total',
    help: 'Frames that were missing when their gap was found.',
    read: ({ totals }) => [[totals.gapFrames]],
  },
  {
    name: 'feedtape_late_frames_total',
    help: 'Frames of a gap that arrived late.',
    read: ({ totals }) => [[totals.late]],
  },
  {
    name: 'feedtape_irregular_frames_total',
    help: 'Frames that were received twice, restart the numbering, are too old to place, or have no valid sequence number.',
    labels: ['verdict'],
    read: ({ totals }) => [
      [totals.duplicates, { verdict: 'duplicate' }],
      [totals.restarts, { verdict: 'restart' }],
      [totals.stale, { verdict: 'stale' }],
      [totals.invalid, { verdict: 'invalid' }],
    ],
  },
  {
    name: 'feedtape_rejections_total',
    help: 'Error replies, and subscriptions missing from an acknowledgement.',
    labels: ['answer'],
    read: ({ totals }) => [
      [totals.rejected, { answer: 'error' }],
      [totals.omitted, { answer: 'omission' }],
    ],
  },
  {
    name: 'feedtape_unacknowledged_subscriptions',
    help: 'Subscriptions missing from the newest acknowledgements, such as mistyped or delisted products.',
    read: ({ connections }) => [
      [
        connections
          .filter(({ phase }) => phase === 'subscribed')
          .reduce((sum, { unacknowledgedCount }) => sum + unacknowledgedCount, 0),
      ],
    ],
  },
  {
    name: 'feedtape_stale_products',
    help: 'Products, summed over the connections, that are stale until their next snapshot.',
    read: ({ connections }) => [[connections.reduce((sum, { staleProducts }) => sum + staleProducts, 0)]],
  },
  {
    name: 'feedtape_lag_seconds',
    help: 'Receive time minus envelope timestamp over the last minute: delay and clock difference together.',
    labels: ['statistic'],
    read: ({ lag: { minimumMs, medianMs, maximumMs } }) =>
      Object.entries({ minimum: minimumMs, median: medianMs, maximum: maximumMs }).flatMap(
        ([statistic, ms]) => (ms === undefined ? [] : optional(seconds(ms), { statistic })),
      ),
  },
  {
    name: 'feedtape_clock_skew_seconds',
    help: "How far this machine's clock is ahead of the exchange's, by the Date header of the newest handshake.",
    read: ({ clock }) => (clock === undefined ? [] : [[seconds(clock.skewMs)]]),
  },
];

const captureRows: readonly MetricRow[] = [
  {
    name: 'feedtape_capture_writable',
    help: '1 while frames can be written, 0 when the disk is full or writing has failed.',
    read: ({ capture }) => [[capture.state === 'recording' ? 1 : 0]],
  },
  {
    name: 'feedtape_capture_frames_total',
    help: 'Frames written to the capture.',
    read: ({ capture }) => [[capture.frames]],
  },
  {
    name: 'feedtape_capture_bytes_total',
    help: 'Bytes written to the capture, before compression.',
    read: ({ capture }) => [[capture.bytes]],
  },
  {
    name: 'feedtape_capture_dropped_frames_total',
    help: 'Frames received that were not written.',
    read: ({ capture }) => [[capture.dropped]],
  },
  {
    name: 'feedtape_capture_queued_bytes',
    help: 'Bytes queued for the disk.',
    read: ({ capture }) => [[capture.queuedBytes]],
  },
  {
    name: 'feedtape_capture_segments_total',
    help: 'Segments sealed, compressed and deleted.',
    labels: ['event'],
    read: ({ capture: { sealed, compressed, deleted } }) => [
      [sealed, { event: 'sealed' }],
      [compressed, { event: 'compressed' }],
      [deleted, { event: 'deleted' }],
    ],
  },
  {
    name: 'feedtape_disk_free_bytes',
    help: 'Free space on the disk of the capture.',
    read: ({ capture: { disk } }) => optional(disk?.freeBytes),
  },
  {
    name: 'feedtape_disk_time_left_seconds',
    help: 'Time until the disk is full at the current rate; absent while nothing is written.',
    read: ({ capture: { disk } }) => (disk?.timeLeftMs === undefined ? [] : [[seconds(disk.timeLeftMs)]]),
  },
  {
    name: 'feedtape_books',
    help: 'Order books kept for the status page, by state.',
    labels: ['status'],
    read: ({ books }) =>
      books === undefined
        ? []
        : (['empty', 'fresh', 'stale'] as const).map((status) => [
            books.kept.filter((book) => book.status === status).length,
            { status },
          ]),
  },
];

/**
 * All metrics of the status. One scrape has at most 1,000 series, bounded by the limits of the
 * status model: 844 of `feedtape_frames_total`, 64 of `feedtape_connection_last_frame_age_seconds`, and fewer than
 * 50 of all others.
 */
export const METRIC_ROWS: readonly MetricRow[] = [...feedRows, ...captureRows];
