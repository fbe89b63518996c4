import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RecorderTask } from './recorder-process.ts';

const PROGRAM = fileURLToPath(new URL('recorder-process.ts', import.meta.url));

/** A recorder in a process of its own, and what it has said. */
export interface RecorderChild {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: readonly string[];
  /** Resolves with the first line that starts so; rejects when the process ends without it. */
  said(start: string): Promise<string>;
  /** Resolves with the exit code, or the name of the signal. */
  readonly ended: Promise<number | string>;
}

/** Starts one; `before` is a command that runs it, such as strace with its arguments. */
export function startRecorder(task: RecorderTask, before: readonly string[] = []): RecorderChild {
  const command = [
    ...before,
    process.execPath,
    '--conditions=@feedtape/source',
    PROGRAM,
    JSON.stringify(task),
  ];
  const child = spawn(command[0] as string, command.slice(1), {
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'feedtape-compile-cache') },
  });
  const lines: string[] = [];
  const errors: string[] = [];
  const listeners = new Set<() => void>();
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener();
  });
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => {
      resolve(code ?? signal ?? 'unknown');
      for (const listener of listeners) listener();
    });
  });
  return {
    process: child,
    lines,
    ended,
    said: (start) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const line = lines.find((text) => text.startsWith(start));
          if (line !== undefined) resolve(line);
          else if (child.exitCode !== null || child.signalCode !== null) {
            reject(new Error(`the recorder ended before "${start}": ${errors.join('')}`));
          } else return;
          listeners.delete(look);
        };
        listeners.add(look);
        look();
      }),
  };
}
