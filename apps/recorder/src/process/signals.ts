import { ignoresHangup } from './hangup.ts';

/**
 * Several copies of one Ctrl-C arrive when the program runs below npm: the terminal signals the whole
 * group, and npm passes the signal on. Copies come within milliseconds, a person's second thought does not.
 */
const SAME_SIGNAL_MS = 100;

/** Signals of a terminal or a service manager, as one asks to stop. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** 128 and the signal's number, such as 130, after a signal: for a command that could not do what it was asked to. */
  readonly exitCode: number;
  readonly release: () => void;
}

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * The first SIGINT, SIGTERM or SIGHUP (the terminal has gone) aborts the returned signal, for a graceful stop; the
 * second ends the process at once with 130, 143 or 129 and leaves a capture that `repair` can seal. Under
 * `nohup` SIGHUP stays ignored.
 */
export function stopOnSignals(): StopSignals {
  const controller = new AbortController();
  let first: number | undefined;
  let exitCode = 0;
  const onSignal = (signal: keyof typeof exitCodes): void => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      exitCode = exitCodes[signal];
      controller.abort();
    } else if (now - first > SAME_SIGNAL_MS) {
      process.exit(exitCodes[signal]);
    }
  };
  const onHangup = ignoresHangup() ? () => undefined : onSignal;
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onHangup);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    release: () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('SIGHUP', onHangup),
  };
}
