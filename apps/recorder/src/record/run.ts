import type { WriterEvent } from '@feedtape/capture/node';
import { createWsTransport } from '@feedtape/client';
import { describeClientEvent, DISK_FULL } from '../events/describe.ts';
import { createEventLog, type EventLog } from '../events/event-log.ts';
import { say, sayJson, type Terminal } from '../output/terminal.ts';
import { explainFailure } from '../process/errors.ts';
import { EXIT, type ExitCode } from '../process/exit-codes.ts';
import { stopOnSignals, type StopSignals } from '../process/signals.ts';
import { createSkewWatch } from '../status/model/skew-watch.ts';
import { createServerClocks } from './server-clock.ts';
import type { RecordingPlan } from './plan.ts';
import { createRecordingWatch, type RecordingWatch } from './recording-watch.ts';
import { recordFeed, type RecordingOptions, type RecordingResult } from './record-feed.ts';
import { openSource, type Source } from './source.ts';
import { summaryOf, summaryText } from './summary.ts';

/** Keeps the end of a recording below two seconds, sealing included. */
const CLOSE_MS = 1000;

/** Converts monotonic to Unix milliseconds. */
const wallOf = (at: number): number => Date.now() - (performance.now() - at);

/** Runs a recording with everything around it: source, signals, log, progress, status page, summary. */
export async function runRecording(plan: RecordingPlan, terminal: Terminal): Promise<number> {
  const { flags } = plan;
  const stop = stopOnSignals();
  const { logFormat: format, logLevel: level = flags.quiet ? 'error' : 'info' } = flags;
  const log = createEventLog(terminal, { level, format });
  const clock = createSkewWatch(wallOf);
  const serverClocks = createServerClocks(wallOf);
  try {
    if (flags.keyFile === '-')
      log({ level: 'info', event: 'key', text: 'reading the key from standard input' });
    const { correctionMs } = serverClocks;
    const source = await openSource(plan, { terminal, signal: stop.signal, correctionMs });
    try {
      const watch = await createRecordingWatch({ flags, terminal, log, clock, serverClocks });
      return await runFrom(source, plan, { terminal, stop, log, watch });
    } finally {
      await source.close();
    }
  } catch (error) {
    // Interrupted before there was anything to record, while the key was being read.
    if (stop.signal.aborted && error instanceof Error && error.name === 'AbortError') return stop.exitCode;
    if (format === 'text') throw error;
    const { exitCode, message, hint } = explainFailure(error, terminal.name);
    log({ level: 'error', event: 'ended', text: message, fields: { exitCode, hint } });
    return exitCode;
  } finally {
    stop.release();
  }
}

interface Surroundings {
  readonly terminal: Terminal;
  readonly stop: StopSignals;
  readonly log: EventLog;
  readonly watch: RecordingWatch;
}

async function runFrom(
  source: Source,
  plan: RecordingPlan,
  { terminal, stop, log, watch }: Surroundings,
): Promise<ExitCode> {
  const { flags } = plan;
  const broken = new AbortController();
  const onEvent = (event: WriterEvent): void => {
    watch.writerEvent(event);
    if (event.kind === 'failed' || (event.kind === 'disk-full' && flags.onFull === 'exit')) broken.abort();
  };
  const signal = AbortSignal.any([stop.signal, broken.signal]);
  const options = recordingOptions(source, plan, { watch, onEvent, signal });
  let result: RecordingResult;
  try {
    result = await recordFeed(options);
  } finally {
    await watch.stop();
  }
  const summary = summaryOf(result, flags.out);
  if (flags.json) sayJson(terminal, summary);
  else say(terminal.stdout, summaryText(summary, terminal.name));
  if (broken.signal.aborted) return EXIT.inputOutput;
  if (summary.connections > 0 || stop.signal.aborted) return EXIT.ok;
  const text = `${source.url} was never reached`;
  log({ level: 'error', event: 'ended', text, fields: { exitCode: EXIT.gaveUpConnecting } });
  return EXIT.gaveUpConnecting;
}

function recordingOptions(
  source: Source,
  { flags, subscriptions, writer }: RecordingPlan,
  {
    watch,
    onEvent,
    signal,
  }: {
    readonly watch: RecordingWatch;
    readonly onEvent: (event: WriterEvent) => void;
    readonly signal: AbortSignal;
  },
): RecordingOptions {
  return {
    writer: { ...writer, url: source.url, onEvent },
    feed: {
      ...source.feed,
      subscriptions,
      recovery: flags.recovery,
      allowInsecure: flags.insecureWs === true,
      // A server that does not answer the close must not delay the end.
      timeouts: { closeMs: CLOSE_MS },
      // The writer checks the bytes itself.
      transport: createWsTransport({ skipUtf8Validation: true }),
      log: (entry) => watch.note(describeClientEvent(entry)),
    },
    signal,
    ...(flags.duration === undefined ? {} : { durationMs: flags.duration }),
    ...(flags.frames === undefined ? {} : { frames: flags.frames }),
    ...(flags.onFull === 'wait' && {
      onFull: ({ message }: Error) => {
        const text = `${DISK_FULL}: recording starts when there is room (${message})`;
        watch.note({ level: 'error', event: 'disk-full', text });
      },
    }),
    onStart: watch.start,
    onItem: watch.item,
  };
}
