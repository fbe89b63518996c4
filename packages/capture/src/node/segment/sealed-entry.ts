import type { SealedEntry } from '../../format/manifest-entry.ts';
import type { SegmentName } from '../../format/segment-name.ts';
import type { WriterEnvironment } from '../fs/environment.ts';
import type { EndedSegment } from './segment-file.ts';

/** The manifest's line for a segment that has its `end`. */
export function entryOf(
  { clock }: Pick<WriterEnvironment, 'clock'>,
  { plain, run, segment }: Pick<SegmentName, 'plain' | 'run' | 'segment'>,
  { bytes, lines, frames, gaps, identity, why }: Omit<EndedSegment, 'offset' | 'sha256'>,
): SealedEntry {
  const at = new Date(clock.wallMs()).toISOString();
  return { kind: 'sealed', file: plain, run, segment, bytes, lines, frames, gaps, sha256: identity, why, at };
}
