import { type Accounting, type Counters, NOTHING_COUNTED, accountingOf } from './accounting.ts';
import { OpenRanges } from './open-ranges.ts';
import type { SequencerOptions } from './sequencer-options.ts';
import type { SequencerState } from './sequencer-state.ts';
import {
  DUPLICATE,
  FIRST,
  LATE,
  NEXT,
  RESTART,
  type SequenceRange,
  type UnknownGap,
  type Verdict,
  refusalOf,
} from './verdict.ts';

/** Equals no number, so that `push` cannot take its shortcut before the first frame. */
const WAITING = Number.NaN;

/**
 * The only implementation of the transition. It mutates, which makes the common case one comparison and three
 * additions; the pure form copies the state in and out.
 */
export class Epoch {
  readonly #start: number | 'any';
  readonly #maxOpenGaps: number;
  #next: number = WAITING;
  /** Numbers below it are forgotten; every number from it to `#next` is either missing or was received. */
  #horizon = 0;
  readonly #open: OpenRanges;
  readonly #count: Counters;

  constructor(options: Required<SequencerOptions>, counters: Counters = NOTHING_COUNTED) {
    this.#start = options.start;
    this.#maxOpenGaps = options.maxOpenGaps;
    this.#open = new OpenRanges(options.maxOpenGaps);
    this.#count = { ...counters };
  }

  static from(state: SequencerState): Epoch {
    const { missing: _, ...counters } = state.accounting;
    const epoch = new Epoch(state, counters);
    if (state.kind === 'running') {
      epoch.#next = state.next;
      epoch.#horizon = state.horizon;
      for (const { from, to } of state.open) epoch.#open.append(from, to);
    }
    return epoch;
  }

  push(sequence: unknown): Verdict {
    const count = this.#count;
    count.received += 1;
    // 2^53, one past the last exact integer, is not a sequence number, even as the next one.
    if (sequence === this.#next && sequence <= Number.MAX_SAFE_INTEGER) {
      this.#next += 1;
      count.accepted += 1;
      return NEXT;
    }
    return this.#judge(sequence);
  }

  close(): UnknownGap {
    const waiting = Number.isNaN(this.#next);
    const from = waiting ? this.#start : this.#next;
    for (const range of this.#open.toArray()) this.#give(range);
    this.#open.clear();
    this.#next = WAITING;
    this.#count.unknownGaps += 1;
    return from === 'any' ? { kind: 'unknown-gap', count: null } : { kind: 'unknown-gap', from, count: null };
  }

  get accounting(): Accounting {
    return accountingOf(this.#count);
  }

  get state(): SequencerState {
    const settings = {
      start: this.#start,
      maxOpenGaps: this.#maxOpenGaps,
      accounting: this.accounting,
    };
    if (Number.isNaN(this.#next)) return { kind: 'waiting', ...settings };
    return {
      kind: 'running',
      ...settings,
      next: this.#next,
      horizon: this.#horizon,
      open: this.#open.toArray(),
    };
  }

  /** Everything but the next expected number. */
  #judge(sequence: unknown): Verdict {
    const refusal = refusalOf(sequence);
    if (refusal !== undefined) {
      this.#count.invalid += 1;
      return refusal;
    }
    const number = sequence as number;
    if (Number.isNaN(this.#next)) return this.#begin(number);
    return number > this.#next ? this.#skipTo(number) : this.#lookBack(number);
  }

  #begin(number: number): Verdict {
    const start = this.#start === 'any' ? number : this.#start;
    if (number < start) return this.#tooOld(start - number, false);
    this.#horizon = start;
    this.#next = start;
    if (number > start) return this.#skipTo(number);
    this.#next += 1;
    this.#count.accepted += 1;
    return FIRST;
  }

  #skipTo(number: number): Verdict {
    const missing = { from: this.#next, to: number - 1 };
    const frames = number - this.#next;
    this.#count.accepted += 1;
    this.#count.gaps += 1;
    this.#count.framesInGaps += frames;
    this.#next = number + 1;
    this.#forget(this.#open.append(missing.from, missing.to));
    return { kind: 'gap', missing, count: frames };
  }

  #lookBack(number: number): Verdict {
    const restart = number === (this.#start === 'any' ? 0 : this.#start);
    if (number < this.#horizon) return this.#tooOld(this.#next - number, restart);
    const found = this.#open.find(number);
    if (found >= 0) {
      this.#count.accepted += 1;
      this.#count.late += 1;
      this.#forget(this.#open.remove(found, number));
      return LATE;
    }
    this.#count.duplicates += 1;
    if (!restart) return DUPLICATE;
    this.#count.restarts += 1;
    return RESTART;
  }

  #tooOld(behind: number, restart: boolean): Verdict {
    this.#count.stale += 1;
    if (!restart) return { kind: 'stale', behind };
    this.#count.restarts += 1;
    return { kind: 'stale', behind, restart };
  }

  #forget(range: SequenceRange | undefined): void {
    if (range === undefined) return;
    this.#horizon = range.to + 1;
    this.#give(range);
  }

  #give(range: SequenceRange): void {
    this.#count.lost += range.to - range.from + 1;
  }
}
