/**
 * Several copies of one Ctrl-C arrive when the program runs below npm: the terminal signals the whole
 * group, and npm passes the signal on. Copies come within milliseconds, a person's second thought does not.
 */
const SAME_SIGNAL_MS = 100;

/**
 * The first SIGINT or SIGTERM aborts the returned signal, for a graceful stop; the second ends the process
 * at once with 130 or 143 and leaves a capture that `repair` can seal.
 */
export function stopOnSignals(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  let first: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      controller.abort();
    } else if (now - first > SAME_SIGNAL_MS) {
      process.exit(signal === 'SIGINT' ? 130 : 143);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
