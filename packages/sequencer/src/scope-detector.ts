import { isScope, keyIn, type NumberedFrame, type Scope, SCOPES } from './scope.ts';
import { checkNames, demand, isCount } from './sequencer-options.ts';
import { refusalOf } from './verdict.ts';

/** Enough that no single loss or reordering looks like another scope, few enough to be seen in a short sample. */
const LEAD = 32;
/** Streams remembered per scope. Beyond them new streams are not compared, which only makes the detector slower. */
const MOST_STREAMS = 4_096;

export interface ScopeDetectorOptions {
  /**
   * The scope that the frames are judged by.
   * @default 'connection'
   */
  readonly scope?: Scope;
  /**
   * Within how many frames a contradiction has to show; at least 100.
   * @default 1_000
   */
  readonly frames?: number;
}

/** The frames do not count what they were assumed to count. */
export interface ScopeContradiction {
  readonly assumed: Scope;
  /** The scope in which the most frames followed their predecessor. */
  readonly fits: Scope;
  /** How many of `frames` were exactly one after their predecessor, in each scope. */
  readonly followed: Readonly<Record<Scope, number>>;
  readonly frames: number;
}

/** Watches one connection for numbers that fit another scope better than the assumed one. */
export interface ScopeDetector {
  /** Looks at a frame. Returns a contradiction once, when it is found, and is silent after that. */
  push(frame: NumberedFrame): ScopeContradiction | undefined;
  /** What was found, for whoever comes later. */
  readonly contradiction: ScopeContradiction | undefined;
}

/**
 * Makes a detector for one connection. In windows of `frames` it counts, for each scope, the frames that
 * followed their predecessor by exactly one; a scope that leads the assumed one by 32 contradicts it. Losses
 * and duplicates break the succession in every scope and therefore contradict none.
 *
 * @throws SequencerError `SEQUENCER_OPTION_INVALID`
 */
export function createScopeDetector(options: ScopeDetectorOptions = {}): ScopeDetector {
  return new Detector(options);
}

class Detector implements ScopeDetector {
  readonly #assumed: Scope;
  readonly #window: number;
  readonly #last: Readonly<Record<Scope, Map<string, number>>> = {
    connection: new Map(),
    channel: new Map(),
    product: new Map(),
  };
  #followed: Record<Scope, number> = { connection: 0, channel: 0, product: 0 };
  #frames = 0;
  #contradiction: ScopeContradiction | undefined;

  constructor(options: ScopeDetectorOptions) {
    checkNames(options, 'scope', 'frames');
    const { scope = 'connection', frames = 1_000 } = options;
    demand('frames', isCount(frames) && frames >= 100, 'an integer of at least 100');
    demand('scope', isScope(scope), `one of ${SCOPES.join(', ')}`);
    this.#assumed = scope;
    this.#window = frames;
  }

  get contradiction(): ScopeContradiction | undefined {
    return this.#contradiction;
  }

  push(frame: NumberedFrame): ScopeContradiction | undefined {
    if (this.#contradiction !== undefined || refusalOf(frame.sequence) !== undefined) return undefined;
    if (this.#frames === this.#window) {
      this.#frames = 0;
      this.#followed = { connection: 0, channel: 0, product: 0 };
    }
    this.#frames += 1;
    for (const scope of SCOPES) this.#count(scope, keyIn(scope, frame), frame.sequence as number);
    return this.#compare();
  }

  #count(scope: Scope, key: string, sequence: number): void {
    const streams = this.#last[scope];
    const last = streams.get(key);
    if (last === undefined && streams.size === MOST_STREAMS) return;
    if (last !== undefined && sequence === last + 1) this.#followed[scope] += 1;
    streams.set(key, sequence);
  }

  #compare(): ScopeContradiction | undefined {
    const followed = this.#followed;
    const fits = SCOPES.reduce((best, scope) => (followed[scope] > followed[best] ? scope : best));
    if (followed[fits] - followed[this.#assumed] < LEAD) return undefined;
    this.#contradiction = { assumed: this.#assumed, fits, followed: { ...followed }, frames: this.#frames };
    return this.#contradiction;
  }
}
