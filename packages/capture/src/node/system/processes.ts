import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from './errno.ts';

/** Identifies a process, also against a later one that got the same number. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in clock ticks since boot (field 22 of /proc/<pid>/stat); `null` when unknown. */
  readonly started: string | null;
  /**
   * The start of the machine and the namespace that `pid` counts in: numbers of another container, or from before a
   * restart, mean nothing here; `null` when unknown.
   */
  readonly namespace: string | null;
}

/** The processes of this host, as a port of the folder's lock. */
export interface Processes {
  self(): ProcessIdentity;
  /** Whether a process of this number runs in our own namespace. A zombie does not. */
  isRunning(pid: number): boolean;
  /** As {@link ProcessIdentity.started}. */
  startOf(pid: number): string | null;
}

export const systemProcesses: Processes = {
  self: () => ({
    host: hostname(),
    pid: process.pid,
    started: startOf(process.pid),
    namespace: pidNamespace(),
  }),
  isRunning(pid) {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if (errnoOf(error) === 'ESRCH') return false;
    }
    return statOf(pid)?.[0] !== 'Z';
  },
  startOf,
};

function startOf(pid: number): string | null {
  return statOf(pid)?.[22 - 3] ?? null;
}

/** From field 3 on. The program's name before it may hold spaces and parentheses, so count from the last one. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

function pidNamespace(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}
