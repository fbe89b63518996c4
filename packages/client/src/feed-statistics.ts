import type { FeedEngine } from './engine/feed-engine.ts';
import type { ConnectionStatistics, FeedStatistics } from './model/statistics.ts';

export function measure({ lines, queue, openedAt, clock }: FeedEngine): FeedStatistics {
  const connections = lines.flatMap((shards, line) =>
    shards.map(
      ({ connectionNumber, phase, totals, connection, sequencer, heartbeats }): ConnectionStatistics => {
        const lagMs = connection?.lagMs;
        return {
          line,
          connection: connectionNumber,
          phase,
          opened: totals.opened,
          frames: totals.frames + (connection?.frames ?? 0),
          bytes: totals.bytes + (connection?.bytes ?? 0),
          accounting: sequencer.accounting,
          missedBeats: heartbeats.accounting.missing,
          ...(lagMs !== undefined && { lagMs }),
        };
      },
    ),
  );
  const sum = (of: (connection: ConnectionStatistics) => number): number =>
    connections.reduce((total, connection) => total + of(connection), 0);
  const uptimeMs = clock.now() - openedAt;
  const frames = sum((connection) => connection.frames);
  return {
    uptimeMs,
    frames,
    bytes: sum(({ bytes }) => bytes),
    framesPerSecond: uptimeMs > 0 ? (frames * 1_000) / uptimeMs : 0,
    reconnects: sum(({ opened }) => Math.max(0, opened - 1)),
    gaps: sum(({ accounting }) => accounting.gaps),
    missing: sum(({ accounting }) => accounting.missing),
    unknownGaps: sum(({ accounting }) => accounting.unknownGaps),
    queuedItems: queue.queuedItems,
    queuedBytes: queue.queuedBytes,
    paused: queue.paused,
    connections,
  };
}
