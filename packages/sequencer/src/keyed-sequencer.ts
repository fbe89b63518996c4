import { type Accounting, type Counters, NOTHING_COUNTED, accountingOf, add } from './accounting.ts';
import { isScope, keyIn, type NumberedFrame, type Scope, SCOPES } from './scope.ts';
import { checkNames, demand, type SequencerOptions, isCount, optionsOf } from './sequencer-options.ts';
import { type Sequencer, createSequencer } from './sequencer.ts';
import type { UnknownGap, Verdict } from './verdict.ts';

export interface KeyedSequencerOptions extends SequencerOptions {
  /**
   * What a counting spans within its connection; a function gives a key of your own.
   * @default 'connection'
   */
  readonly scope?: Scope | ((frame: NumberedFrame) => string);
  /**
   * As for one sequencer. A connection starts at 0; of another scope nobody knows where it starts.
   * @default 0 with scope 'connection', else 'any'
   */
  readonly start?: number | 'any';
  /**
   * How many countings are kept at once. At the limit the oldest of the oldest connection is closed for a new one: it
   * adds its gap of unknown extent to the accounting and begins anew if it comes back.
   * @default 10_000
   */
  readonly maximumKeys?: number;
}

/** Judges many numbered streams side by side. */
export interface KeyedSequencer {
  /** Judges a frame within its counting. */
  push(frame: NumberedFrame): Verdict;
  /** Ends all countings of a connection. Each is a gap of unknown extent; a connection without frames has one too. */
  closeConnection(connection: number | string): readonly UnknownGap[];
  /** Of everything together, closed countings included. */
  readonly accounting: Accounting;
  /** Countings kept now. */
  readonly keys: number;
  /** Countings that were closed because of `maximumKeys`. */
  readonly evicted: number;
}

/** @throws SequencerError `SEQUENCER_OPTION_INVALID` */
export function createKeyedSequencer(options: KeyedSequencerOptions = {}): KeyedSequencer {
  return new Countings(options);
}

class Countings implements KeyedSequencer {
  readonly #keyOf: (frame: NumberedFrame) => string;
  readonly #settings: SequencerOptions;
  readonly #maximumKeys: number;
  readonly #connections = new Map<number | string, Map<string, Sequencer>>();
  readonly #closed: Counters = { ...NOTHING_COUNTED };
  #keys = 0;
  #evicted = 0;

  constructor(options: KeyedSequencerOptions) {
    checkNames(options, 'scope', 'maximumKeys', 'start', 'rememberedGaps');
    const { scope = 'connection', maximumKeys = 10_000, ...settings } = options;
    demand('maximumKeys', isCount(maximumKeys) && maximumKeys > 0, 'a positive integer');
    demand('scope', typeof scope === 'function' || isScope(scope), `a function or ${SCOPES.join(', ')}`);
    this.#keyOf = typeof scope === 'function' ? scope : (frame) => keyIn(scope, frame);
    this.#settings = optionsOf({ start: scope === 'connection' ? 0 : 'any', ...settings });
    this.#maximumKeys = maximumKeys;
  }

  push(frame: NumberedFrame): Verdict {
    const key = this.#keyOf(frame);
    const known = this.#connections.get(frame.connection)?.get(key);
    return (known ?? this.#begin(frame.connection, key)).push(frame.sequence);
  }

  closeConnection(connection: number | string): readonly UnknownGap[] {
    const keys = this.#connections.get(connection) ?? new Map([['', this.#begin(connection, '')]]);
    this.#connections.delete(connection);
    this.#keys -= keys.size;
    return Array.from(keys.values(), (sequencer) => this.#close(sequencer));
  }

  get accounting(): Accounting {
    const total = { ...this.#closed };
    for (const keys of this.#connections.values())
      for (const sequencer of keys.values()) add(total, sequencer.accounting);
    return accountingOf(total);
  }

  get keys(): number {
    return this.#keys;
  }

  get evicted(): number {
    return this.#evicted;
  }

  #begin(connection: number | string, key: string): Sequencer {
    if (this.#keys === this.#maximumKeys) this.#evictOldest();
    const sequencer = createSequencer(this.#settings);
    const keys = this.#connections.get(connection);
    if (keys === undefined) this.#connections.set(connection, new Map([[key, sequencer]]));
    else keys.set(key, sequencer);
    this.#keys += 1;
    return sequencer;
  }

  #evictOldest(): void {
    for (const [connection, keys] of this.#connections) {
      for (const [key, sequencer] of keys) {
        this.#close(sequencer);
        keys.delete(key);
        if (keys.size === 0) this.#connections.delete(connection);
        this.#keys -= 1;
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
