import { notAcknowledged } from '../../events/describe.ts';
import type { ConnectionState } from './connection-state.ts';
import type { ConnectionSnapshot, Health } from './status-snapshot.ts';

/** Heartbeats arrive every second on every connection: longer silence is a warning. */
const QUIET_MS = 5000;

/** Silence longer than this is bad. */
const SILENT_MS = 20_000;

/** The exchange closes a connection that has not subscribed within five seconds. */
const SUBSCRIBE_MS = 5000;

/** The client's reason for a connection that it closed on purpose. */
const CLOSED_BY_US = 'closed by us';

const GOOD: Health = { level: 'good', reasons: [] };

/** The health of a connection at `now`, in monotonic milliseconds. */
export function connectionHealth(state: ConnectionState, now: number): Health {
  if (state.phase === 'ended')
    return state.reason === CLOSED_BY_US ? GOOD : bad(`closed for good${because(state)}`);
  if (state.phase === 'waiting') return bad(`reconnecting${because(state)}`);
  const silentMs = now - (state.lastFrameAt ?? state.openedAt);
  if (silentMs > SILENT_MS) return bad(`no frame for ${seconds(silentMs)}`);
  const reasons = [...concerns(state, now, silentMs)];
  return reasons.length === 0 ? GOOD : { level: 'warning', reasons };
}

function* concerns(state: ConnectionState, now: number, silentMs: number): Generator<string> {
  if (silentMs > QUIET_MS) yield `no frame for ${seconds(silentMs)}`;
  if (state.phase === 'open' && now - state.openedAt > SUBSCRIBE_MS) yield 'no subscription acknowledged yet';
  if (state.stale.size > 0)
    yield `${state.stale.size} ${state.stale.size === 1 ? 'product is' : 'products are'} stale`;
  const missing = notAcknowledged(state.unacknowledged);
  if (missing !== undefined) yield missing;
}

const because = ({ reason }: ConnectionState): string => (reason === undefined ? '' : `: ${reason}`);

const bad = (reason: string): Health => ({ level: 'bad', reasons: [reason] });

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** The worst health of the connections, with all reasons. */
export function overallHealth(
  connections: readonly ConnectionSnapshot[],
  { troubles, warnings }: { readonly troubles: readonly string[]; readonly warnings: readonly string[] },
): Health {
  if (connections.every(({ phase }) => phase === 'ended')) return bad('no connection is open');
  const reasons = [
    ...troubles,
    ...warnings,
    ...connections.flatMap(({ connection, health }) =>
      health.reasons.map((reason) => `connection ${connection}: ${reason}`),
    ),
  ];
  if (troubles.length > 0 || connections.some(({ health }) => health.level === 'bad'))
    return { level: 'bad', reasons };
  return reasons.length === 0 ? GOOD : { level: 'warning', reasons };
}
