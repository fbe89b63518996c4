import { randomUUID } from 'node:crypto';
import { systemCodecs } from '../system/codecs.ts';
import type { Codecs } from '../system/codecs.ts';
import { fileSizeLimit } from '../system/file-size-limit.ts';
import { nodeFiles } from './node-file-system.ts';
import type { Files } from './file-system.ts';
import { systemProcesses } from '../system/processes.ts';
import type { Processes } from '../system/processes.ts';
import { systemClock } from '../system/clock.ts';
import type { CaptureClock } from '../system/clock.ts';
import { systemTimers } from '../system/timers.ts';
import type { Timers } from '../system/timers.ts';

/**
 * Everything outside of a writer or of `repair`. With all of it replaced, a run depends on its input alone, so that a
 * simulation can repeat it call by call.
 *
 * A simulation provides:
 * - `files`: a file system. Calls may fail, write short or take long; `read` and `write` take a position.
 * - `clock`: `now` never goes back; `wallMs` may step.
 * - `timers`: calls back in later turns, in the order of time, when `clock` has come so far. A crash is a
 *   simulation that lets no timer fire and no call of `files` return any more.
 * - `processes`: who this process is, and which others run. A life after a crash is a new `started` or `pid`.
 * - `uuid`: ids of locks and the random part of a run's name, in the form of `crypto.randomUUID()`, unique.
 * - `codecs`: streams that compress and decompress. The real ones work in threads, so their timing is not
 *   repeatable; synchronous transforms are.
 * - `maxFileBytes`: what `ulimit -f` is; `Infinity` for no limit.
 *
 * Beside these the writer uses promises, `process.nextTick` through streams, and sha256, which are repeatable.
 */
export interface WriterEnvironment {
  readonly files: Files;
  readonly clock: CaptureClock;
  readonly timers: Timers;
  readonly processes: Processes;
  readonly uuid: () => string;
  readonly codecs: Codecs;
  /** Largest size of a file in bytes (`ulimit -f`); `Infinity` for no limit. */
  readonly maxFileBytes: number;
}

/** Completes the parts of the environment that options name with the system's. */
export function environmentOf({
  files,
  clock,
  environment,
}: {
  readonly files?: Files | undefined;
  readonly clock?: CaptureClock | undefined;
  readonly environment?: Partial<WriterEnvironment> | undefined;
}): WriterEnvironment {
  return {
    files: files ?? environment?.files ?? nodeFiles,
    clock: clock ?? environment?.clock ?? systemClock,
    timers: environment?.timers ?? systemTimers,
    processes: environment?.processes ?? systemProcesses,
    uuid: environment?.uuid ?? randomUUID,
    codecs: environment?.codecs ?? systemCodecs,
    maxFileBytes: environment?.maxFileBytes ?? fileSizeLimit(),
  };
}
