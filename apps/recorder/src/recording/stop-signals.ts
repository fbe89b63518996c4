/**
 * Several copies of one Ctrl-C arrive when the program runs below npm: the terminal signals the whole
 * group, and npm passes the signal on. Copies come within milliseconds, a person's second thought does not.
 */
const SAME_SIGNAL_MS = 100;

/** Signals of a terminal or a service manager, as one asks to stop. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** 130 or 143 after a signal: for a command that could not do what it was asked to. */
  readonly exitCode: number;
  readonly release: () => void;
}

const exitCodeOf = (signal: NodeJS.Signals): number => (signal === 'SIGINT' ? 130 : 143);

/**
 * The first SIGINT or SIGTERM aborts the returned signal, for a graceful stop; the second ends the process
 * at once with 130 or 143 and leaves a capture that `repair` can seal.
 */
export function stopOnSignals(): StopSignals {
  const controller = new AbortController();
  let first: number | undefined;
  let exitCode = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      exitCode = exitCodeOf(signal);
      controller.abort();
    } else if (now - first > SAME_SIGNAL_MS) {
      process.exit(exitCodeOf(signal));
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    release: () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
