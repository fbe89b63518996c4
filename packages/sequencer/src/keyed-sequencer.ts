import { type Accounting, type Counters, NOTHING_COUNTED, accountingOf, add } from './accounting.ts';
import { isScope, keyIn, type NumberedFrame, type Scope, SCOPES } from './scope.ts';
import { checkNames, demand, type SequencerOptions, isCount, optionsOf } from './sequencer-options.ts';
import { type Sequencer, createSequencer } from './sequencer.ts';
import type { UnknownGap, Verdict } from './verdict.ts';

export interface KeyedSequencerOptions extends SequencerOptions {
  /**
   * What one stream spans within its connection; a function returns a key of your own.
   * @default 'connection'
   */
  readonly scope?: Scope | ((frame: NumberedFrame) => string);
  /**
   * The first number of a stream, from 0 to 2^53-1, or `'any'` to accept the first one seen.
   * @default 0 with scope 'connection', otherwise 'any', as the start of another scope is unknown
   */
  readonly start?: number | 'any';
  /**
   * Open streams, at least 1. At the limit, the oldest stream of the oldest connection is closed: it adds a gap of
   * unknown extent to the accounting, and starts a new epoch if it returns.
   * @default 10_000
   */
  readonly maxStreams?: number;
}

/** Tracks many numbered streams side by side. */
export interface KeyedSequencer {
  /** Returns the verdict on a frame within its stream. */
  push(frame: NumberedFrame): Verdict;
  /** Ends all streams of a connection, each with a gap of unknown extent; a connection without frames has one as well. */
  closeConnection(connection: number | string): readonly UnknownGap[];
  /** The sum over all streams, closed ones included. */
  readonly accounting: Accounting;
  /** Open streams. */
  readonly streams: number;
  /** Streams closed because of `maxStreams`. */
  readonly evicted: number;
}

/**
 * Creates a sequencer for many streams.
 *
 * @throws SequencerError `SEQUENCER_OPTION_INVALID`
 *
 * @example
 * ```ts
 * const sequencer = createKeyedSequencer({ scope: 'product' });
 * sequencer.push({ connection: 0, productId: 'BTC-USD', sequence: 7 }); // { kind: 'first' }
 * sequencer.push({ connection: 0, productId: 'BTC-USD', sequence: 9 }); // a gap of one frame
 * ```
 */
export function createKeyedSequencer(options: KeyedSequencerOptions = {}): KeyedSequencer {
  return new KeyedStreams(options);
}

class KeyedStreams implements KeyedSequencer {
  readonly #keyOf: (frame: NumberedFrame) => string;
  readonly #settings: SequencerOptions;
  readonly #maxStreams: number;
  readonly #connections = new Map<number | string, Map<string, Sequencer>>();
  readonly #closed: Counters = { ...NOTHING_COUNTED };
  #held = 0;
  #evicted = 0;

  constructor(options: KeyedSequencerOptions) {
    checkNames(options, 'scope', 'maxStreams', 'start', 'maxOpenGaps');
    const { scope = 'connection', maxStreams = 10_000, ...settings } = options;
    demand('maxStreams', isCount(maxStreams) && maxStreams > 0, 'a positive integer');
    demand('scope', typeof scope === 'function' || isScope(scope), `a function or ${SCOPES.join(', ')}`);
    this.#keyOf = typeof scope === 'function' ? scope : (frame) => keyIn(scope, frame);
    this.#settings = optionsOf({ start: scope === 'connection' ? 0 : 'any', ...settings });
    this.#maxStreams = maxStreams;
  }

  push(frame: NumberedFrame): Verdict {
    const key = this.#keyOf(frame);
    const known = this.#connections.get(frame.connection)?.get(key);
    return (known ?? this.#begin(frame.connection, key)).push(frame.sequence);
  }

  closeConnection(connection: number | string): readonly UnknownGap[] {
    const keys = this.#connections.get(connection) ?? new Map([['', this.#begin(connection, '')]]);
    this.#connections.delete(connection);
    this.#held -= keys.size;
    return Array.from(keys.values(), (sequencer) => this.#close(sequencer));
  }

  get accounting(): Accounting {
    const total = { ...this.#closed };
    for (const keys of this.#connections.values())
      for (const sequencer of keys.values()) add(total, sequencer.accounting);
    return accountingOf(total);
  }

  get streams(): number {
    return this.#held;
  }

  get evicted(): number {
    return this.#evicted;
  }

  #begin(connection: number | string, key: string): Sequencer {
    if (this.#held === this.#maxStreams) this.#evictOldest();
    const sequencer = createSequencer(this.#settings);
    const keys = this.#connections.get(connection);
    if (keys === undefined) this.#connections.set(connection, new Map([[key, sequencer]]));
    else keys.set(key, sequencer);
    this.#held += 1;
    return sequencer;
  }

  #evictOldest(): void {
    for (const [connection, keys] of this.#connections) {
      for (const [key, sequencer] of keys) {
        this.#close(sequencer);
        keys.delete(key);
        if (keys.size === 0) this.#connections.delete(connection);
        this.#held -= 1;
        this.#evicted += 1;
        return;
      }
    }
  }

  #close(sequencer: Sequencer): UnknownGap {
    const gap = sequencer.close();
    add(this.#closed, sequencer.accounting);
    return gap;
  }
}
