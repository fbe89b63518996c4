/** The work that {@link RunToCompletion} runs. */
export interface Transitions {
  /** One round over everything that may have something due. */
  round(): void;
  /** A transition threw: nothing it left behind can be trusted. */
  failed(cause: unknown): void;
  /** Delivers collected items. The only call into the consumer's code. */
  deliver(): void;
}

/** Rounds at one instant after which two decisions are taken to undo each other for ever. */
const MAX_ROUNDS = 10_000;

/**
 * Runs transitions one at a time, each to completion. What calls in meanwhile waits its turn, and what is meant for the
 * caller's code (items, log entries, the token source) is handed out between transitions, never in the middle of one.
 * No throw leaves {@link run}.
 */
export class RunToCompletion {
  readonly #transitions: Transitions;
  #running = false;
  #delivering = false;
  #roundRequested = false;
  #over = false;
  #waiting: (() => void)[] = [];
  #calls: (() => void)[] = [];

  constructor(transitions: Transitions) {
    this.#transitions = transitions;
  }

  /** Whether a transition is running now. */
  get running(): boolean {
    return this.#running;
  }

  /** Runs a transition now, or after the one that is running. */
  run(transition: () => void): void {
    if (this.#over) return;
    if (this.#running) {
      this.#waiting.push(transition);
      return;
    }
    this.#running = true;
    try {
      transition();
      if (this.#roundRequested || this.#waiting.length > 0) this.#runRounds();
    } catch (cause) {
      this.stop();
      this.#transitions.failed(cause);
    }
    this.#running = false;
    this.#deliver();
  }

  /** Something changed that other decisions may depend on: a round follows before the transition ends. */
  requestRound(): void {
    this.#roundRequested = true;
  }

  /** Calls the caller's code as soon as no transition is running. It must not throw. */
  afterTransition(call: () => void): void {
    this.#calls.push(call);
    if (!this.#running) this.#deliver();
  }

  /** Runs no transition any more; what was collected is still handed out. */
  stop(): void {
    this.#over = true;
    this.#waiting = [];
  }

  #runRounds(): void {
    for (let rounds = 0; !this.#over && (this.#roundRequested || this.#waiting.length > 0); rounds += 1) {
      if (rounds === MAX_ROUNDS) throw new Error(`not settled after ${MAX_ROUNDS} rounds at one instant`);
      for (const transition of this.#waiting.splice(0)) transition();
      this.#roundRequested = false;
      this.#transitions.round();
    }
  }

  #deliver(): void {
    if (this.#delivering) return;
    this.#delivering = true;
    do {
      for (const call of this.#calls.splice(0)) call();
      this.#transitions.deliver();
    } while (this.#calls.length > 0);
    this.#delivering = false;
  }
}
