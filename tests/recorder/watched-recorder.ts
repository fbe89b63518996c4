import { readdirSync, readFileSync } from 'node:fs';
import { start, type Running } from './feedtape.ts';

/** What a recorder takes of the machine at one moment. */
export interface Usage {
  readonly residentMiB: number;
  readonly descriptors: number;
  /** Timers that are running, as the process itself counts them. */
  readonly timers: number;
  /** Of all its threads since its start. */
  readonly cpuSeconds: number;
}

/** A real recorder with its status page, and a look at what it takes. Linux only. */
export interface WatchedRecorder {
  readonly running: Running;
  readonly page: string;
  usage(): Promise<Usage>;
  /** Ends it as Ctrl-C does; what `record --json` says last. */
  stop(): Promise<Record<string, unknown>>;
}

/** The clock ticks of /proc, the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export async function recordWatched(args: readonly string[]): Promise<WatchedRecorder> {
  const running = start(['record', '--listen', '127.0.0.1:0', '--json', ...args]);
  const said = await running.says(/status page: http:\S+\//u);
  const page = /http:\S+\//u.exec(said)?.[0] ?? '';
  const proc = `/proc/${String(running.child.pid)}`;
  return {
    running,
    page,
    async usage() {
      const metrics = await (await fetch(`${page}metrics`)).text();
      const status = readFileSync(`${proc}/status`, 'utf8');
      // The name of the process, which may hold anything, ends with the last parenthesis.
      const [, fields = ''] = /.*\) (.*)/su.exec(readFileSync(`${proc}/stat`, 'utf8')) ?? [];
      const [user, system] = fields.split(' ').slice(11, 13).map(Number);
      return {
        residentMiB: Number(/^VmRSS:\s+(\d+) kB/mu.exec(status)?.[1]) / 1024,
        descriptors: readdirSync(`${proc}/fd`).length,
        timers: Number(/^nodejs_active_resources\{type="Timeout"\} (\d+)/mu.exec(metrics)?.[1] ?? 0),
        cpuSeconds: ((user ?? 0) + (system ?? 0)) / TICKS_PER_SECOND,
      };
    },
    async stop() {
      running.child.kill('SIGINT');
      const { code, stderr, json } = await running.finished;
      if (code !== 0) throw new Error(`the recorder ended with ${String(code)}: ${stderr}`);
      return json();
    },
  };
}
