import type { Accounting, Verdict } from '@feedtape/sequencer';

/**
 * The same promises in the most obvious way: keep every number there was, and look. It shares nothing with the
 * package but the names of its results.
 */
export class NaiveSequencer {
  readonly #start: number | 'any';
  readonly #limit: number;
  readonly #verdicts: Verdict[] = [];
  readonly #received = new Set<number>();
  #lowest: number | undefined;
  #horizon = 0;
  #lostByClosing = 0;
  #closings = 0;

  constructor(start: number | 'any', limit: number) {
    this.#start = start;
    this.#limit = limit;
  }

  push(sequence: unknown): Verdict {
    const verdict = this.#judge(sequence);
    this.#verdicts.push(verdict);
    // Only the highest gaps are remembered, and what was forgotten once stays forgotten.
    const forgotten = this.#gaps().at(-this.#limit - 1);
    this.#horizon = Math.max(this.#horizon, forgotten === undefined ? 0 : forgotten.at(-1)! + 1);
    return verdict;
  }

  close(): void {
    this.#lostByClosing += this.#gaps().flat().length;
    this.#closings += 1;
    this.#received.clear();
    this.#lowest = undefined;
    this.#horizon = 0;
  }

  get accounting(): Accounting {
    const verdicts = this.#verdicts;
    const count = (...kinds: Verdict['kind'][]): number =>
      verdicts.filter(({ kind }) => kinds.includes(kind)).length;
    const framesInGaps = verdicts.reduce((sum, verdict) => sum + ('count' in verdict ? verdict.count : 0), 0);
    const forgotten = this.#gaps()
      .flat()
      .filter((number) => number < this.#horizon).length;
    return {
      received: verdicts.length,
      accepted: count('first', 'next', 'gap', 'late'),
      duplicates: count('duplicate'),
      stale: count('stale'),
      invalid: count('invalid'),
      gaps: count('gap'),
      framesInGaps,
      late: count('late'),
      missing: framesInGaps - count('late'),
      lost: this.#lostByClosing + forgotten,
      unknownGaps: this.#closings,
      restarts: verdicts.filter((verdict) => 'restart' in verdict).length,
    };
  }

  #judge(sequence: unknown): Verdict {
    if (sequence === undefined || sequence === null) return { kind: 'invalid', reason: 'absent' };
    if (typeof sequence !== 'number' || Number.isNaN(sequence))
      return { kind: 'invalid', reason: 'not-a-number' };
    if (sequence < 0) return { kind: 'invalid', reason: 'negative' };
    if (sequence >= 2 ** 53) return { kind: 'invalid', reason: 'unsafe' };
    if (Math.floor(sequence) !== sequence) return { kind: 'invalid', reason: 'fractional' };

    const began = this.#received.size > 0;
    const lowest = this.#lowest ?? (this.#start === 'any' ? sequence : this.#start);
    const expected = began ? Math.max(...this.#received) + 1 : lowest;
    const restart = began && sequence === (this.#start === 'any' ? 0 : this.#start);
    if (sequence < Math.max(lowest, this.#horizon))
      return { kind: 'stale', behind: expected - sequence, ...(restart && { restart }) };
    if (this.#received.has(sequence)) return { kind: 'duplicate', ...(restart && { restart }) };

    this.#lowest = lowest;
    this.#received.add(sequence);
    if (sequence < expected) return { kind: 'late' };
    if (sequence === expected) return { kind: began ? 'next' : 'first' };
    return { kind: 'gap', missing: { from: expected, to: sequence - 1 }, count: sequence - expected };
  }

  /** The missing numbers, those of one gap together. */
  #gaps(): number[][] {
    const gaps: number[][] = [];
    for (let number = this.#lowest ?? 0; number < Math.max(...this.#received); number += 1) {
      if (this.#received.has(number)) continue;
      if (gaps.at(-1)?.at(-1) === number - 1) gaps.at(-1)?.push(number);
      else gaps.push([number]);
    }
    return gaps;
  }
}
