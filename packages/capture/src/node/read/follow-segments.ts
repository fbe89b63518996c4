import { closeSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseSegmentName } from '../../format/segment-name.ts';
import { groupRuns } from '../folder/list-files.ts';
import type { CaptureFile } from '../folder/capture-file.ts';
import { withoutCopies } from '../folder/copy-choice.ts';
import { watchChanges } from './folder-changes.ts';
import { listNames } from '../folder/folder-listing.ts';
import { followingSegment, locateSegment, openFile } from '../folder/segment-location.ts';
import { isThere } from '../fs/read-only.ts';
import { isPlainText, startingAt } from './segment-walk.ts';
import type { GoneSegments, SegmentStart } from './segment-walk.ts';

export interface FollowOptions {
  /** Start with what is written from now on. */
  readonly fromNow: boolean;
  /** Of the runs that are there: start at this instant. */
  readonly instant: string | undefined;
  readonly pollMs: number;
  readonly signal: AbortSignal | undefined;
  /** Ends the walk where `signal` fails it. */
  readonly stop: AbortSignal;
  /** Called for segments that were deleted before they came up. */
  readonly onGone: (gone: GoneSegments) => void;
}

/** Runs that are remembered when they are not in the folder any more. */
const MOST_PAST_RUNS = 1000;
/** Numbers that are looked up one by one before the segments in a hole are given up. */
const MOST_LOOKUPS = 10_000;

interface Run {
  readonly name: string;
  readonly files: readonly CaptureFile[];
}

/**
 * The segments of a folder in order, those that are there and those that come, of this run and of later ones. The
 * one that is being written ends when nobody writes to it any more: it has been sealed, or the next one is there.
 */
export async function* followSegments(
  folder: string,
  options: FollowOptions,
): AsyncGenerator<SegmentStart, void, undefined> {
  const { pollMs, signal, stop } = options;
  const changes = watchChanges(folder, { pollMs, stop, ...(signal && { signal }) });
  const walk = createWalk(folder, options);
  const untilGrown = async (file: CaptureFile): Promise<boolean> => {
    if (stop.aborted || isComplete(file)) return true;
    await changes.next();
    return false;
  };
  try {
    const runs = liveLast(await listRuns(folder));
    for (const run of runs) {
      const isLive = run === runs.at(-1);
      for (const start of await walk.begin(run)) yield { ...start, ...(isLive && { untilGrown }) };
    }
    while (!stop.aborted) {
      const next = await walk.next();
      if (next === undefined) await changes.next();
      else yield { ...next, untilGrown };
    }
  } finally {
    changes.close();
  }
}

/** Nobody adds frames to a segment that has another name, or that has a successor. */
function isComplete(file: CaptureFile): boolean {
  return !isThere(file.path) || locateSegment(followingSegment(file)) !== undefined;
}

/** Names say in which order runs began only when nobody chose them: the one that is being written comes last. */
function liveLast(runs: readonly Run[]): readonly Run[] {
  const isLive = ({ files }: Run): boolean => files.at(-1)?.form === 'partial';
  return [...runs.filter((run) => !isLive(run)), ...runs.filter(isLive)];
}

async function listRuns(folder: string): Promise<readonly Run[]> {
  const names = await listNames(folder);
  const files = names.toSorted().flatMap((name): CaptureFile[] => {
    const { run, segment, form } = parseSegmentName(name) ?? {};
    return run === undefined || segment === undefined || form === undefined
      ? []
      : [{ path: join(folder, name), form, run, segment }];
  });
  return groupRuns(withoutCopies(files)).map((run) => ({ name: run[0]?.run ?? '', files: run }));
}

interface Walk {
  /** Where to start in a run that was there at the beginning. */
  begin(run: Run): Promise<readonly SegmentStart[]>;
  /** Returns what is new; `undefined` when there is nothing. */
  next(): Promise<SegmentStart | undefined>;
}

function createWalk(folder: string, { fromNow, instant, onGone }: FollowOptions): Walk {
  /** The number of the last segment of each run that was handed on. */
  const seen = new Map<string, number>();
  const keys = new Map<string, object>();
  let current: CaptureFile | undefined;

  function start(file: CaptureFile, from = 0): SegmentStart {
    const { run = '', segment = 0 } = file;
    seen.set(run, segment);
    current = file;
    const key = keys.get(run) ?? {};
    keys.set(run, key);
    return { run: key, file, from };
  }

  /** The first segment of a run that was not handed on, wherever it is by now. */
  function unseenOf({ name, files }: Run): CaptureFile | undefined {
    const expected = (seen.get(name) ?? -1) + 1;
    const listed = files.find(({ segment = 0 }) => segment >= expected);
    if (listed?.segment === undefined) return undefined;
    for (let number = expected; number < listed.segment; number += 1) {
      if (number - expected >= MOST_LOOKUPS) break;
      const hidden = locateSegment(followingSegment(listed, number - listed.segment));
      if (hidden !== undefined) return hidden;
    }
    if (expected < listed.segment) {
      // Said once, whoever hears it.
      seen.set(name, listed.segment - 1);
      onGone({ folder: dirname(listed.path), run: name, from: expected, to: listed.segment - 1 });
    }
    return listed;
  }

  function forget(runs: readonly Run[]): void {
    if (seen.size < MOST_PAST_RUNS) return;
    const listed = new Set(runs.map(({ name }) => name));
    for (const name of seen.keys()) {
      if (listed.has(name) || name === current?.run) continue;
      seen.delete(name);
      keys.delete(name);
    }
  }

  return {
    async begin({ files }) {
      const last = files.at(-1);
      if (!fromNow) {
        const starts = await startingAt(files, instant);
        return starts.map(({ file, from }) => start(file, from));
      }
      if (last === undefined) return [];
      const from = last.form === 'partial' ? endOfLines(last) : undefined;
      const begun = start(last, from);
      return from === undefined ? [] : [begun];
    },

    async next() {
      const following = current && locateSegment(followingSegment(current));
      if (following !== undefined) return start(following);
      const runs = await listRuns(folder);
      forget(runs);
      const ordered = [
        ...runs.filter(({ name }) => name === current?.run),
        ...runs.filter(({ name }) => name !== current?.run),
      ];
      for (const run of ordered) {
        const unseen = unseenOf(run);
        if (unseen !== undefined) return start(unseen);
      }
      return undefined;
    },
  };
}

const NEWLINE = 0x0a;
const STEP_BYTES = 64 * 1024;

/** Past the last whole line of a file as it is now; `undefined` when it was compressed or deleted meanwhile. */
function endOfLines(wanted: CaptureFile): number | undefined {
  const located = locateSegment(wanted);
  if (located === undefined) return undefined;
  const { file, fd, bytesOnDisk } = openFile(located);
  try {
    if (!isPlainText(file)) return undefined;
    const step = Buffer.alloc(STEP_BYTES);
    for (let to = bytesOnDisk; to > 0; to -= STEP_BYTES) {
      const from = Math.max(0, to - STEP_BYTES);
      const read = readSync(fd, step, 0, to - from, from);
      const newline = step.subarray(0, read).lastIndexOf(NEWLINE);
      if (newline >= 0) return from + newline + 1;
    }
    return 0;
  } finally {
    closeSync(fd);
  }
}
