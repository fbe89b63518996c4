import type { LostEntry } from '../../format/manifest-entry.ts';
import type { FindingPlace, Findings } from './finding.ts';
import type { SegmentFacts } from './verify-segment.ts';

/** Most missing segments that are listed. */
const MAX_NAMED = 10;
/** Numbers between two segments that are looked up one by one. */
const MAX_LOOKED_UP = 100_000;

/** Properties of a segment that the next one is checked against. */
interface Link {
  readonly facts: SegmentFacts;
  readonly number: number;
}

/** Checks that the segments of a run, added in order, are what their names say and follow each other. */
export interface ChainCheck {
  add(facts: SegmentFacts): void;
  /** After the last segment of the run that was read. */
  finish(): void;
}

/** Why a segment of a run need not be among those that are verified. */
export type Absence =
  /** It was deleted, or came only after the files were listed. */
  | { readonly kind: 'expected' }
  /** It was moved to `folder`, or was left in it when others were moved from there. */
  | { readonly kind: 'elsewhere'; readonly folder: string }
  /** It was not there when the manifest was made anew. */
  | { readonly kind: 'lost'; readonly range: LostEntry };

/**
 * `complete` when all segments of the run ought to be there, because whole folders are being verified; `absence` then
 * says why one need not be. `isUnknown`: no manifest speaks of the run.
 */
export function createChainCheck(
  findings: Findings,
  {
    complete,
    isUnknown,
    absence,
  }: {
    readonly complete: boolean;
    readonly isUnknown: boolean;
    readonly absence: (segment: number) => Absence | undefined;
  },
): ChainCheck {
  let last: Link | undefined;
  /** Folders and ranges that were named already. */
  const named = new Set<string | LostEntry>();

  function isAbsent(facts: SegmentFacts, segment: number): boolean {
    const why = absence(segment);
    if (why?.kind === 'elsewhere' && !named.has(why.folder)) {
      named.add(why.folder);
      const message = `segments of its run, ${segment} among them, are in ${why.folder}: verify both folders together`;
      findings.add('chain', wholeFile(facts), message, 'note');
    }
    if (why?.kind === 'lost' && !named.has(why.range)) {
      named.add(why.range);
      const { from, to, at } = why.range;
      const message = `segments ${from} to ${to} of its run were not there when the manifest was made anew (${at}): deleted, moved or lost`;
      findings.add('chain', wholeFile(facts), message, 'note');
    }
    return why !== undefined;
  }

  function checkName({ file, header }: SegmentFacts): void {
    if (header === undefined || file.run === undefined) return;
    if (header.run === file.run && header.segment === file.segment) return;
    findings.add(
      'header',
      headerOf(file.path),
      `says segment ${header.segment} of run ${header.run}; the name says ${file.segment} of ${file.run}`,
    );
  }

  function checkMissing(facts: SegmentFacts, number: number): void {
    if (!complete) return;
    const from = last === undefined ? 0 : last.number + 1;
    const missing: number[] = [];
    // A name can hold any number: beyond a few it is enough to know that some are missing.
    const to = Math.min(number, from + MAX_LOOKED_UP);
    for (let segment = from; segment < to && missing.length < MAX_NAMED; segment += 1) {
      if (!isAbsent(facts, segment)) missing.push(segment);
    }
    if (missing.length === 0) return;
    const more = missing.length === MAX_NAMED ? ' …' : '';
    const hint = isUnknown ? '; no manifest says why: `repair` notes once that they are not here' : '';
    findings.add(
      'chain',
      wholeFile(facts),
      `before it, segments are missing: ${missing.join(', ')}${more}${hint}`,
    );
  }

  function checkPrevious(facts: SegmentFacts): void {
    const { file, header } = facts;
    if (header === undefined) return;
    if (header.segment === 0 && header.previous !== null) {
      findings.add('chain', headerOf(file.path), 'the first segment of a run names a previous one');
    }
    if (last?.facts.header === undefined || last.number + 1 !== header.segment) return;
    const { end } = last.facts;
    // A crash that took the tail of the last segment says so in it.
    if (end !== undefined && end.why !== 'crash' && header.previous !== end.sha256) {
      findings.add(
        'chain',
        headerOf(file.path),
        `does not continue ${last.facts.file.path}: \`previous\` differs`,
      );
    }
    if ((header.mono ?? 0) < (last.facts.header.mono ?? 0)) {
      findings.add('mono', headerOf(file.path), 'starts before the segment before it');
    }
  }

  return {
    add(facts) {
      const number = facts.file.segment ?? facts.header?.segment ?? 0;
      checkName(facts);
      checkMissing(facts, number);
      checkPrevious(facts);
      last = { facts, number };
    },
    finish() {
      if (!complete || last?.facts.end?.why !== 'rotate' || isAbsent(last.facts, last.number + 1)) return;
      findings.add('chain', wholeFile(last.facts), `after it, segment ${last.number + 1} is missing`);
    },
  };
}

const headerOf = (file: string): FindingPlace => ({ file, line: 1, from: 0, to: 0 });
const wholeFile = ({ file, bytes }: SegmentFacts): FindingPlace => ({ file: file.path, from: 0, to: bytes });
