import { isScope, keyIn, type NumberedFrame, type Scope, SCOPES } from './scope.ts';
import { checkNames, demand, isCount } from './sequencer-options.ts';
import { refusalOf } from './verdict.ts';

/** More than one loss or reordering can cause, and few enough to show in a short sample. */
const LEAD = 32;
/** Streams tracked per scope; frames of further ones are not compared, which only delays detection. */
const MOST_STREAMS = 4_096;

export interface ScopeDetectorOptions {
  /**
   * The assumed scope.
   * @default 'connection'
   */
  readonly scope?: Scope;
  /**
   * Frames per comparison, at least 100.
   * @default 1_000
   */
  readonly frames?: number;
}

/** The sequence numbers fit another scope than the assumed one. */
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
  /** Adds a frame. Returns a contradiction once, when it is found. */
  push(frame: NumberedFrame): ScopeContradiction | undefined;
  /** The contradiction found, if any. */
  readonly contradiction: ScopeContradiction | undefined;
}

/**
 * Creates a detector for one connection. In windows of `frames` it counts, for each scope, the frames that follow
 * their predecessor by exactly one; a scope that leads the assumed one by 32 contradicts it. Losses and duplicates
 * break the succession in every scope, so they contradict none.
 *
 * @throws SequencerError `SEQUENCER_OPTION_INVALID`
 *
 * @example
 * ```ts
 * const detector = createScopeDetector({ scope: 'product' });
 * const contradiction = detector.push({ connection: 0, productId: 'BTC-USD', sequence: 0 });
 * if (contradiction !== undefined) console.warn(`counts per ${contradiction.fits}`);
 * ```
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
