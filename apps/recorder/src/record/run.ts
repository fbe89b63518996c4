import type { WriterEvent } from '@feedtape/capture/node';
import { EXIT, type ExitCode } from '../process/exit-codes.ts';
import { explainFailure } from '../process/errors.ts';
import { VERSION } from '../process/version.ts';
import { createSkewWatch, skewWarning, type SkewWatch } from '../status/model/clock-skew.ts';
import { watchDisk, type DiskWatch } from './disk-watch.ts';
import { offerMetrics, openTelemetryMeter } from '../status/metrics/open-telemetry.ts';
import { createRecordingStatus } from '../status/model/recording-status.ts';
import type { StatusServer } from '../status/server/status-server.ts';
import { say, sayJson, type Terminal } from '../output/terminal.ts';
import { createEventLog, type EventLog } from '../events/log.ts';
import { clientNotice, itemNotice, writerNotice, type Notice } from '../events/notices.ts';
import { createPeerTime, type PeerTime } from './peer-time.ts';
import { showProgress, type Progress } from './progress.ts';
import type { RecordFlags, RecordingPlan } from './plan.ts';
import { record, type RecordingOptions } from './record.ts';
import { openSource, type Source } from './source.ts';
import { stopOnSignals, type StopSignals } from '../process/signals.ts';
import { summaryOf, summaryText } from './summary.ts';

/** The end of a recording takes two seconds at most, sealing included. */
const CLOSE_MS = 1000;

/** Everything around one recording. */
interface Surroundings {
  readonly terminal: Terminal;
  readonly stop: StopSignals;
  readonly log: EventLog;
  readonly clock: SkewWatch;
  readonly peers: PeerTime;
}

/** A monotonic moment as Unix milliseconds. */
const wallOf = (at: number): number => Date.now() - (performance.now() - at);

/** Runs a recording with everything around it: source, signals, log, progress, status page, summary. */
export async function runRecording(plan: RecordingPlan, terminal: Terminal): Promise<number> {
  const stop = stopOnSignals();
  const { logFormat: format, logLevel = plan.flags.quiet ? 'error' : 'info' } = plan.flags;
  const log = await createEventLog(terminal, { level: logLevel, format });
  const clock = createSkewWatch(wallOf);
  const peers = createPeerTime(wallOf);
  try {
    if (plan.flags.keyFile === '-')
      log({ level: 'info', event: 'key', text: 'reading the key from standard input' });
    const { correctionMs } = peers;
    const source = await openSource(plan, { terminal, signal: stop.signal, correctionMs });
    try {
      return await runFrom(source, plan, { terminal, stop, log, clock, peers });
    } finally {
      await source.close();
    }
  } catch (error) {
    // Ended by the person before there was anything to record, while the key was being read.
    if (stop.signal.aborted && error instanceof Error && error.name === 'AbortError') return stop.exitCode;
    if (format === 'text') throw error;
    const { exitCode, message, hint } = explainFailure(error, terminal.name);
    log({ level: 'error', event: 'ended', text: message, fields: { exitCode, hint } });
    return exitCode;
  } finally {
    stop.release();
  }
}

async function runFrom(
  source: Source,
  plan: RecordingPlan,
  { terminal, stop, log, clock, peers }: Surroundings,
): Promise<ExitCode> {
  const { flags } = plan;
  const broken = new AbortController();
  const manner = mannerOf(flags, terminal);
  // The view in place and the status page look at the same thing; plain lines need only the totals.
  const meter = await openTelemetryMeter(VERSION);
  const status =
    flags.listen !== undefined || manner === 'view' || meter !== undefined
      ? createRecordingStatus({ startedAt: performance.now(), books: flags.listen !== undefined })
      : undefined;
  let server: StatusServer | undefined;
  let disk: DiskWatch | undefined;
  let progress: Progress | undefined;
  let withdraw: (() => void) | undefined;

  const note = (notice: Notice | undefined): void => {
    if (notice === undefined) return;
    if (progress === undefined) log(notice);
    else progress.note(notice);
  };

  const onEvent = (event: WriterEvent): void => {
    if (event.kind === 'clock-step') for (const watch of [clock, peers]) watch.step(event.offsetMs);
    status?.observeCapture(event, performance.now());
    if (clock.skew !== undefined) status?.observeClock(clock.skew);
    note(writerNotice(event));
    if (event.kind === 'failed' || (event.kind === 'disk-full' && flags.onFull === 'exit')) broken.abort();
  };

  const options: RecordingOptions = {
    writer: { ...plan.writer, url: source.url, onEvent },
    feed: {
      ...source.feed,
      subscriptions: plan.subscriptions,
      recovery: flags.recovery,
      allowInsecure: flags.insecureWs === true,
      // A server that does not say goodbye must not hold up the end.
      patience: { closeMs: CLOSE_MS },
      // The bytes are kept whatever they are; the writer looks at them itself.
      skipUtf8Validation: true,
      log: (entry) => note(clientNotice(entry)),
    },
    signal: AbortSignal.any([stop.signal, broken.signal]),
    ...(flags.duration === undefined ? {} : { durationMs: flags.duration }),
    ...(flags.frames === undefined ? {} : { frames: flags.frames }),
    ...(flags.onFull === 'wait' && {
      onFull: ({ message }: Error) => {
        const text = `the disk is full: recording starts when there is room (${message})`;
        note({ level: 'error', event: 'disk-full', text });
      },
    }),
    async onStart(writer, totals) {
      const { duration: durationMs, listen, allowHost: allowedHosts = [] } = flags;
      progress = showProgress(terminal, { totals, status, durationMs, log, manner });
      if (status === undefined) return;
      status.attachWriter(writer);
      disk = watchDisk(flags.out, status);
      if (meter !== undefined)
        withdraw = offerMetrics(meter, () => status.snapshot(performance.now(), Date.now()));
      if (listen === undefined) return;
      const { startStatusServer } = await import('../status/server/status-server.ts');
      server = await startStatusServer({ listen, status, version: VERSION, allowedHosts });
      const { url } = server;
      note({ level: 'info', event: 'listening', text: `status page: ${url}`, fields: { url } });
    },
    onItem(item) {
      status?.observe(item);
      if (item.kind === 'frame') return;
      peers.observe(item);
      note(itemNotice(item));
      if (item.kind !== 'connected') return;
      note(skewNotice(clock.observe(item)));
      if (clock.skew !== undefined) status?.observeClock(clock.skew);
    },
  };

  try {
    const result = await record(options);
    progress?.stop();
    const summary = summaryOf(result, flags.out);
    if (flags.json) sayJson(terminal, summary);
    else say(terminal.stdout, summaryText(summary, terminal.name));
    if (broken.signal.aborted) return EXIT.inputOutput;
    if (summary.connections > 0 || stop.signal.aborted) return EXIT.ok;
    const text = `${source.url} was never reached`;
    log({ level: 'error', event: 'ended', text, fields: { exitCode: EXIT.gaveUpConnecting } });
    return EXIT.gaveUpConnecting;
  } finally {
    progress?.stop();
    disk?.stop();
    withdraw?.();
    await server?.close();
  }
}

/** The view is for a person who wants to see everything: not for a machine that reads lines, nor below a level. */
function mannerOf({ quiet, logFormat }: RecordFlags, { stderr }: Terminal): 'view' | 'lines' | 'none' {
  if (quiet) return 'none';
  return stderr.isTTY === true && logFormat === 'text' ? 'view' : 'lines';
}

function skewNotice(skew: SkewWatch['skew']): Notice | undefined {
  if (skew === undefined) return undefined;
  const skewMs = Math.round(skew.skewMs);
  const warning = skewWarning(skew);
  return warning === undefined
    ? {
        level: 'debug',
        event: 'clock-skew',
        text: `this machine's clock agrees with the exchange's: ${skewMs} ms`,
        fields: { skewMs },
      }
    : { level: 'warn', event: 'clock-skew', text: warning, fields: { skewMs } };
}
