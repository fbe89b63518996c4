import type { WriterEvent } from '@feedtape/capture/node';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { VERSION } from '../software.ts';
import { watchDisk, type DiskWatch } from '../status/disk-watch.ts';
import { createRecordingStatus } from '../status/recording-status.ts';
import { startStatusServer, type StatusServer } from '../status/status-server.ts';
import { say, sayJson, type Terminal } from '../terminal.ts';
import { describeItem, describeWriterEvent } from './notices.ts';
import { showProgress, type Progress } from './progress.ts';
import type { RecordingPlan } from './recording-plan.ts';
import { record, type RecordingOptions } from './recording.ts';
import { openSource, type Source } from './source.ts';
import { stopOnSignals, type StopSignals } from './stop-signals.ts';
import { summaryOf, summaryText } from './summary.ts';

/** Runs a recording with everything around it: source, signals, progress, status page, summary. */
export async function runRecording(plan: RecordingPlan, terminal: Terminal): Promise<number> {
  const stop = stopOnSignals();
  try {
    const source = await openSource(plan, terminal, stop.signal);
    try {
      return await runFrom(source, plan, terminal, stop);
    } finally {
      await source.close();
    }
  } catch (error) {
    // Ended by the person before there was anything to record, while the key was being read.
    if (stop.signal.aborted && error instanceof Error && error.name === 'AbortError') return stop.exitCode;
    throw error;
  } finally {
    stop.release();
  }
}

async function runFrom(
  source: Source,
  plan: RecordingPlan,
  terminal: Terminal,
  stop: StopSignals,
): Promise<ExitCode> {
  const { flags } = plan;
  const broken = new AbortController();
  // The view in place and the status page look at the same thing; plain lines need only the totals.
  const watched = flags.listen !== undefined || (terminal.stderr.isTTY === true && !flags.quiet);
  const status = watched
    ? createRecordingStatus({ startedAt: performance.now(), books: flags.listen !== undefined })
    : undefined;
  let server: StatusServer | undefined;
  let disk: DiskWatch | undefined;
  let progress: Progress | undefined;

  /** What is said before the view is there, such as what was repaired, is shown when it is. */
  const early: string[] = [];
  const note = (line: string | undefined): void => {
    if (line === undefined) return;
    if (progress === undefined) early.push(line);
    else progress.note(line);
  };

  const onEvent = (event: WriterEvent): void => {
    status?.observeCapture(event, performance.now());
    note(describeWriterEvent(event));
    if (event.kind === 'failed' || (event.kind === 'disk-full' && flags.onFull === 'exit')) broken.abort();
  };

  const options: RecordingOptions = {
    writer: { ...plan.writer, url: source.feed.url, onEvent },
    feed: {
      ...source.feed,
      subscriptions: plan.subscriptions,
      recovery: flags.recovery,
      allowInsecure: flags.insecureWs === true,
      // The bytes are kept whatever they are; the writer looks at them itself.
      skipUtf8Validation: true,
    },
    signal: AbortSignal.any([stop.signal, broken.signal]),
    ...(flags.duration === undefined ? {} : { durationMs: flags.duration }),
    ...(flags.frames === undefined ? {} : { frames: flags.frames }),
    async onStart(writer, totals) {
      const { duration: durationMs, quiet = false, listen, allowHost: allowedHosts = [] } = flags;
      progress = showProgress(terminal, { totals, status, durationMs, quiet });
      for (const line of early) progress.note(line);
      if (status === undefined) return;
      status.attachWriter(writer);
      disk = watchDisk(flags.out, status);
      if (listen === undefined) return;
      server = await startStatusServer({ listen, status, version: VERSION, allowedHosts });
      progress.note(`status page: ${server.url}`);
    },
    onItem(item) {
      status?.observe(item);
      if (item.kind === 'frame') return;
      note(describeItem(item));
    },
  };

  try {
    const result = await record(options);
    progress?.stop();
    const summary = summaryOf(result, flags.out);
    if (flags.json) sayJson(terminal, summary);
    else say(terminal.stdout, summaryText(summary, terminal.name));
    return broken.signal.aborted ? EXIT.inputOutput : EXIT.ok;
  } finally {
    progress?.stop();
    disk?.stop();
    await server?.close();
  }
}
