import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../apps/recorder/bin/feedtape.js', import.meta.url));

/** From source by default; FEED_DIST=1 runs what we publish. */
const conditions = process.env['FEED_DIST'] === '1' ? [] : ['--conditions=@feedtape/source'];

/** How long a program may take to say what a test waits for. */
const PATIENCE_MS = 45_000;

export interface Finished {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  /** The last line of standard output, as JSON. */
  readonly json: () => Record<string, unknown>;
}

export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** The first line of standard output, as JSON, as soon as it is there. */
  readonly firstJson: () => Promise<Record<string, unknown>>;
  /** Resolves to standard error as soon as it matches. */
  readonly says: (pattern: RegExp) => Promise<string>;
  /** Resolves to standard output as soon as it matches. */
  readonly prints: (pattern: RegExp) => Promise<string>;
  /** Standard output until now. */
  readonly soFar: () => string;
}

/** What Node needs to be called with to run the program with these arguments. */
export const programArguments = (args: readonly string[]): readonly string[] => [
  ...conditions,
  program,
  ...args,
];

/** Starts the real program as a child process. */
export function start(
  args: readonly string[],
  options: {
    cwd?: string;
    env?: Record<string, string>;
    /** `null` keeps standard input open and silent. */ stdin?: string | Uint8Array | null;
  } = {},
): Running {
  const child = spawn(process.execPath, programArguments(args), {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  if (options.stdin !== null) child.stdin.end(options.stdin ?? '');
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code) => {
      const bytes = Buffer.concat(stdout);
      const json = (): Record<string, unknown> =>
        JSON.parse(bytes.toString().trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
      resolve({ code, stdout: bytes, stderr, json });
    });
  });
  const until = async (pattern: RegExp, text: () => string): Promise<string> => {
    const deadline = performance.now() + PATIENCE_MS;
    while (!pattern.test(text())) {
      if (performance.now() > deadline) throw new Error(`did not say ${pattern}: ${text()}`);
      if (child.exitCode !== null)
        throw new Error(`ended with ${child.exitCode} before it said ${pattern}: ${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return text();
  };
  const printed = (): string => Buffer.concat(stdout).toString();
  const says = (pattern: RegExp): Promise<string> => until(pattern, () => stderr);
  const prints = (pattern: RegExp): Promise<string> => until(pattern, printed);
  const firstJson = async (): Promise<Record<string, unknown>> =>
    JSON.parse((await prints(/\n/u)).split('\n', 1)[0] ?? '') as Record<string, unknown>;
  return { child, finished, firstJson, says, prints, soFar: printed };
}

/** Runs the real program to its end. */
export const feedtape = (args: readonly string[], options?: Parameters<typeof start>[1]): Promise<Finished> =>
  start(args, options).finished;
