import type { StatusSnapshot } from '../model/status-snapshot.ts';

/** The result of a health check. */
export interface Readiness {
  readonly ready: boolean;
  readonly reasons: readonly string[];
}

/**
 * Whether every subscription is acknowledged, arrives and is written. A subscription missing from the acknowledgement
 * makes it unready; other warnings do not.
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

/** Whether the process should keep running: false once recording has failed for good. */
export function liveness({ capture }: StatusSnapshot): Readiness {
  return capture.state === 'failed'
    ? { ready: false, reasons: [capture.failure ?? 'the recording failed'] }
    : { ready: true, reasons: [] };
}
