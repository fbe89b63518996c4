import type { FindingPlace, Findings } from './finding.ts';
import type { SegmentFacts } from './verify-segment.ts';

/** So many missing segments are named. */
const MAX_NAMED = 10;

/** What of a segment the next one is checked against. */
interface Link {
  readonly facts: SegmentFacts;
  readonly number: number;
}

/** Checks that the segments of a run, added in order, are what their names say and follow each other. */
export interface ChainCheck {
  add(facts: SegmentFacts): void;
  /** After the last segment of the run; `later` when there is nothing after it although it was rotated. */
  finish(): void;
}

/**
 * `complete` when all segments of the run ought to be there, because a folder is being verified; `deleted`
 * says which of them the retention policy took away.
 */
export function createChainCheck(
  findings: Findings,
  { complete, deleted }: { readonly complete: boolean; readonly deleted: (segment: number) => boolean },
): ChainCheck {
  let last: Link | undefined;

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
    const from = last === undefined ? 0 : last.number + 1;
    const missing: number[] = [];
    // A name can hold any number: beyond a few it is enough to know that some are missing.
    for (let segment = from; segment < number && missing.length < MAX_NAMED; segment += 1) {
      if (!deleted(segment)) missing.push(segment);
    }
    if (missing.length === 0 || !complete) return;
    const more = missing.length === MAX_NAMED ? ' …' : '';
    findings.add('chain', wholeFile(facts), `before it, segments are missing: ${missing.join(', ')}${more}`);
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
      if (!complete || last?.facts.end?.why !== 'rotate' || deleted(last.number + 1)) return;
      findings.add('chain', wholeFile(last.facts), `after it, segment ${last.number + 1} is missing`);
    },
  };
}

const headerOf = (file: string): FindingPlace => ({ file, line: 1, from: 0, to: 0 });
const wholeFile = ({ file, bytes }: SegmentFacts): FindingPlace => ({ file: file.path, from: 0, to: bytes });
