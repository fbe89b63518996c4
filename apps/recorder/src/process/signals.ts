import { ignoresHangup } from './hangup.ts';

/**
 * Under npm one Ctrl-C arrives more than once: the terminal signals the whole process group, and npm forwards the
 * signal. Copies arrive within milliseconds; a second Ctrl-C by a person takes longer.
 */
const SAME_SIGNAL_MS = 100;

/** Stop signals of a terminal or a service manager. */
export interface StopSignals {
  readonly signal: AbortSignal;
  /** 128 plus the signal's number, such as 130, or 0 before a signal. For commands that did not complete. */
  readonly exitCode: number;
  readonly release: () => void;
}

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Aborts the returned signal on the first SIGINT, SIGTERM or SIGHUP (the terminal was closed), for a graceful stop. The
 * second ends the process at once with 130, 143 or 129 and leaves a capture that `repair` can seal. Under `nohup`
 * SIGHUP is ignored.
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
