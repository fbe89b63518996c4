import type { LostEntry } from '../../format/manifest-entry.ts';
import type { SegmentName } from '../../format/segment-name.ts';
import type { LockedFolder } from '../folder/locked-folder.ts';

/** Segments of a run, `from` and `to` included. */
export type SegmentRange = Pick<LostEntry, 'run' | 'from' | 'to'>;

/**
 * Notes in the manifest which segments are missing before others of runs of which it said nothing: it was lost, and
 * nothing tells any more whether they were deleted, moved or lost. Said once, it is known from then on.
 */
export async function recordLost(
  { environment, manifest }: LockedFolder,
  names: readonly SegmentName[],
  unknownRuns: ReadonlySet<string>,
): Promise<readonly SegmentRange[]> {
  const lost = [...unknownRuns].flatMap((run) =>
    holesOf(
      run,
      names.filter((name) => name.run === run && !manifest.state.departed.has(name.plain)),
    ),
  );
  const at = new Date(environment.clock.wallMs()).toISOString();
  await manifest.append(...lost.map((range) => ({ kind: 'lost', ...range, at }) as const));
  return lost;
}

function holesOf(run: string, names: readonly SegmentName[]): readonly SegmentRange[] {
  const holes: SegmentRange[] = [];
  let expected = 0;
  for (const { segment } of names.toSorted((a, b) => a.segment - b.segment)) {
    if (segment > expected) holes.push({ run, from: expected, to: segment - 1 });
    expected = segment + 1;
  }
  return holes;
}
