import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemProcesses } from '../system/processes.ts';
import type { ProcessIdentity, Processes } from '../system/processes.ts';

const UNFINISHED = /\.unfinished-[0-9a-f]{8}-(\d{1,10})-(\d{1,20}|x)-([0-9a-f]{8})$/;

/**
 * The name of an output until it is whole, beside the one that it is to get. It says which process makes it, so that
 * what a killed one has left is known for that.
 */
export function unfinishedPath(target: string): string {
  const self = systemProcesses.self();
  return `${target}.unfinished-${randomBytes(4).toString('hex')}-${self.pid}-${self.started ?? 'x'}-${placeOf(self)}`;
}

/** Whether a name is that of an output whose process is known to be dead. One of another machine may live. */
export function isAbandoned(name: string, processes: Processes = systemProcesses): boolean {
  const [, pid, started, place] = UNFINISHED.exec(name) ?? [];
  if (pid === undefined || place !== placeOf(processes.self())) return false;
  if (!processes.isRunning(Number(pid))) return true;
  const now = processes.startOf(Number(pid));
  return started !== 'x' && now !== null && now !== started;
}

/** Removes what killed processes have left of an output to `target`, as far as possible. */
export async function removeAbandoned(target: string): Promise<void> {
  const [folder, start] = [dirname(target), `${basename(target)}.unfinished-`];
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    if (!name.startsWith(start) || !isAbandoned(name)) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Where numbers of processes mean the same. */
function placeOf({ host, namespace }: ProcessIdentity): string {
  return createHash('sha256').update(`${host} ${namespace}`).digest('hex').slice(0, 8);
}
