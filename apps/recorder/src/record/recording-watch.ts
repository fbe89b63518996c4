import type { CaptureWriter, WriterEvent } from '@feedtape/capture/node';
import type { FeedItem } from '@feedtape/client';
import { describeItem, describeWriterEvent } from '../events/describe.ts';
import type { EventLog } from '../events/event-log.ts';
import type { RecorderEvent } from '../events/recorder-event.ts';
import type { Terminal } from '../output/terminal.ts';
import { VERSION } from '../process/version.ts';
import { offerMetrics, openTelemetryMeter } from '../status/metrics/open-telemetry.ts';
import { describeSkew, type SkewWatch } from '../status/model/skew-watch.ts';
import { createRecordingStatus, type RecordingStatus } from '../status/model/recording-status.ts';
import type { Totals } from '../status/model/status-snapshot.ts';
import { watchDisk } from './disk-watch.ts';
import type { ServerClocks } from './server-clock.ts';
import type { RecordFlags } from './plan.ts';
import { showProgress, type Progress } from './progress.ts';

/** Reports a recording while it runs: log, live view, status page and metrics. */
export interface RecordingWatch {
  readonly note: (event: RecorderEvent | undefined) => void;
  readonly item: (item: FeedItem) => void;
  readonly writerEvent: (event: WriterEvent) => void;
  /** Starts the progress, and the status page if `--listen` asks for it. */
  readonly start: (writer: CaptureWriter, totals: Totals) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface RecordingWatchOptions {
  readonly flags: RecordFlags;
  readonly terminal: Terminal;
  readonly log: EventLog;
  readonly clock: SkewWatch;
  readonly serverClocks: ServerClocks;
}

export async function createRecordingWatch({
  flags,
  terminal,
  log,
  clock,
  serverClocks,
}: RecordingWatchOptions): Promise<RecordingWatch> {
  const { listen, allowHost: allowedHosts = [], duration: durationMs } = flags;
  const manner = mannerOf(flags, terminal);
  const meter = await openTelemetryMeter(VERSION);
  const status =
    manner === 'view' || meter !== undefined || listen !== undefined ? statusOf(flags) : undefined;
  const stops: (() => void | Promise<void>)[] = [];
  let progress: Progress = { note: log, stop: () => undefined };

  const note = (event: RecorderEvent | undefined): void => {
    if (event !== undefined) progress.note(event);
  };
  const showClock = (): void => {
    if (clock.skew !== undefined) status?.observeClock(clock.skew);
  };

  return {
    note,
    item(item) {
      status?.observe(item);
      if (item.kind === 'frame') return;
      serverClocks.observe(item);
      note(describeItem(item));
      if (item.kind !== 'connected') return;
      note(describeSkew(clock.observe(item)));
      showClock();
    },
    writerEvent(event) {
      if (event.kind === 'clock-step') for (const watch of [clock, serverClocks]) watch.step(event.offsetMs);
      status?.observeCapture(event, performance.now());
      showClock();
      note(describeWriterEvent(event));
    },
    async start(writer, totals) {
      progress = showProgress(terminal, { totals, status, durationMs, log, manner });
      stops.push(progress.stop);
      if (status === undefined) return;
      status.attachWriter(writer);
      stops.push(watchDisk(flags.out, status));
      if (meter !== undefined)
        stops.push(offerMetrics(meter, () => status.snapshot(performance.now(), Date.now())));
      if (listen === undefined) return;
      const { startStatusServer } = await import('../status/server/status-server.ts');
      const server = await startStatusServer({ listen, status, version: VERSION, allowedHosts });
      stops.push(() => server.close());
      const { url } = server;
      note({ level: 'info', event: 'listening', text: `status page: ${url}`, fields: { url } });
    },
    async stop() {
      for (const stop of stops) await stop();
    },
  };
}

/** Plain lines need only the totals; everything else reads the status. */
const statusOf = ({ listen }: RecordFlags): RecordingStatus =>
  createRecordingStatus({ startedAt: performance.now(), books: listen !== undefined });

/** Chooses the view for a person at a terminal, unless `--quiet` or `--log-format json` asks for less. */
function mannerOf({ quiet, logFormat }: RecordFlags, { stderr }: Terminal): 'view' | 'lines' | 'none' {
  if (quiet) return 'none';
  return stderr.isTTY === true && logFormat === 'text' ? 'view' : 'lines';
}
