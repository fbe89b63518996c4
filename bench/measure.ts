import { spawnSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The work to measure. Returns how many units (frames, levels …) it did. */
export type Work = () => number | Promise<number>;

/** One table: several subjects that do the same work, compared with the first. */
export interface Bench {
  readonly title: string;
  /** What is counted: `frame`, `level`, … */
  readonly unit: string;
  /** A subject prepares outside the measurement and returns the work. The first is the baseline. */
  readonly subjects: Readonly<Record<string, () => Work | Promise<Work>>>;
  /** How often the work runs before it is measured. Default 1. */
  readonly warmUps?: number;
  /** What a reader of the table should know. */
  readonly notes?: readonly string[];
  /** What is measured but is no time: sizes. Said below the notes. */
  readonly facts?: () => Promise<readonly string[]>;
}

/** What one fresh process measured. */
export interface Sample {
  /** User and system time of all threads of the process. */
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly units: number;
}

/** One line of the table. */
export interface Row {
  readonly subject: string;
  readonly cpuNsPerUnit: number;
  readonly wallNsPerUnit: number;
  /** CPU against the baseline: the median over rounds of the ratio within a round. */
  readonly ratio: number;
  readonly lowestRatio: number;
  readonly highestRatio: number;
}

/** Runs in the child: warms up, then measures once. */
export async function sample({ subjects, warmUps = 1 }: Bench, subject: string): Promise<Sample> {
  const prepare = subjects[subject];
  if (prepare === undefined) throw new Error(`no subject named ${subject}`);
  const work = await prepare();
  // What the preparation has left behind. Not later: a collection that is forced throws compiled code away too.
  globalThis.gc?.();
  for (let run = 0; run < warmUps; run += 1) await work();
  // Compiler and collector have threads that go on when the call has returned, and their time would be counted.
  await setTimeout(200);
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  const units = await work();
  const wallMs = Number(process.hrtime.bigint() - start) / 1e6;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMs: (user + system) / 1000, wallMs, units };
}

/**
 * Rounds of all subjects one after the other, each in a fresh process, so that a noisy minute of the machine hits
 * all of them. Quote the ratios: absolute times differ between machines and hours.
 */
export function measure(name: string, { subjects }: Bench, rounds: number): Row[] {
  const names = Object.keys(subjects);
  const samples = new Map<string, Sample[]>(names.map((subject) => [subject, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const subject of names) samples.get(subject)?.push(inFreshProcess(name, subject));
  }
  const baseline = samples.get(names[0] ?? '') ?? [];
  return names.map((subject) => row(subject, samples.get(subject) ?? [], baseline));
}

function inFreshProcess(name: string, subject: string): Sample {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--conditions=@feedtape/source', '--expose-gc', main, '--sample', name, subject],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0) throw new Error(`${name} / ${subject} failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Sample;
}

function row(subject: string, samples: readonly Sample[], baseline: readonly Sample[]): Row {
  const cpu = ({ cpuMs, units }: Sample): number => (cpuMs * 1e6) / units;
  const ratios = samples.map((each, round) => cpu(each) / cpu(baseline[round] ?? each));
  return {
    subject,
    cpuNsPerUnit: median(samples.map(cpu)),
    wallNsPerUnit: median(samples.map(({ wallMs, units }) => (wallMs * 1e6) / units)),
    ratio: median(ratios),
    lowestRatio: Math.min(...ratios),
    highestRatio: Math.max(...ratios),
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
