import type { Engine } from './engine/feed-engine.ts';
import type { ConnectionStatistics, FeedStatistics } from './model/statistics.ts';

export function measure({ lines, outlet, openedAt, clock }: Engine): FeedStatistics {
  const connections = lines.flatMap((slots, line) =>
    slots.map(({ connection, phase, totals, session, sequencer, heartbeats }): ConnectionStatistics => {
      const lagMs = session?.lagMs;
      return {
        line,
        connection,
        phase,
        opened: totals.opened,
        frames: totals.frames + (session?.frames ?? 0),
        bytes: totals.bytes + (session?.bytes ?? 0),
        accounting: sequencer.accounting,
        missedBeats: heartbeats.accounting.missing,
        ...(lagMs !== undefined && { lagMs }),
      };
    }),
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
    queuedItems: outlet.queuedItems,
    queuedBytes: outlet.queuedBytes,
    paused: outlet.paused,
    connections,
  };
}
