import type { StatusSnapshot } from '../model/status-snapshot.ts';

/** The answer of a health check: yes, or no with reasons. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/**
 * Whether the recorder does its work: everything subscribed arrives and is written. A subscription that the exchange left
 * out of its acknowledgement makes it unready; any other warning does not.
 */
export function readiness({ health, connections }: StatusSnapshot): Readiness {
  if (health.level === 'bad') return { ready: false, reasons: health.reasons };
  const subscribed = connections.filter(({ phase }) => phase === 'subscribed');
  const unacknowledged = subscribed.flatMap((connection) => connection.unacknowledged);
  if (unacknowledged.length > 0)
    return { ready: false, reasons: unacknowledged.map((name) => `not acknowledged: ${name}`) };
  if (subscribed.length > 0) return { ready: true, reasons: [] };
  return { ready: false, reasons: ['no subscription has been acknowledged yet'] };
}

/** Whether the process is worth keeping: only a recording that failed for good is not. */
export function liveness({ capture }: StatusSnapshot): Readiness {
  return capture.state === 'failed'
    ? { ready: false, reasons: [capture.failure ?? 'the recording failed'] }
    : { ready: true, reasons: [] };
}
