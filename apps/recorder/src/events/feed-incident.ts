import type { DisconnectedItem, FeedItem, GapItem, StaleItem } from '@feedtape/client';
import type { IncidentReport } from './incident.ts';

const GAPS: Readonly<Record<GapItem['why'], string>> = {
  sequence: 'sequence numbers jumped',
  disconnect: 'the connection was lost; what was sent meanwhile is unknown',
  backpressure: 'frames were dropped because the recorder could not keep up',
  restart: 'the exchange began to count anew',
};

const STALE: Readonly<Record<StaleItem['reason'], string>> = {
  gap: 'not to be trusted since a gap',
  silence: 'not to be trusted while nothing comes',
  disconnect: 'not to be trusted since the connection was lost',
  backpressure: 'not to be trusted since frames were dropped',
  restart: 'not to be trusted since the exchange began to count anew',
  refresh: 'not to be trusted until the snapshot that was asked for',
  unsubscribed: 'not kept up to date any more: unsubscribed',
};

/**
 * The incident that an operator should see for an item, if it is one. `outageMs`: for how long a recovered product
 * was without trust, when that is known.
 */
export function feedIncident(
  item: Exclude<FeedItem, { kind: 'frame' }>,
  outageMs?: number,
): IncidentReport | undefined {
  const { at, connection } = item;
  switch (item.kind) {
    case 'connected':
      return { at, connection, kind: 'connect', text: `connected to ${item.url}` };
    case 'gap':
      return { at, connection, kind: 'gap', text: gapText(item), cause: GAPS[item.why], count: item.count };
    case 'stale': {
      const text = STALE[item.reason];
      return { at, connection, kind: 'stale', text, cause: text, products: item.productIds };
    }
    case 'recovered': {
      const text = 'can be trusted again';
      const recovery = {
        at,
        connection,
        kind: 'recovery',
        text,
        cause: text,
        products: item.productIds,
      } as const;
      return outageMs === undefined ? recovery : { ...recovery, afterMs: outageMs };
    }
    case 'disconnected':
      return { at, connection, kind: 'disconnect', text: disconnectText(item) };
    case 'rejected':
      return { at, connection, kind: 'rejected', text: `the exchange answered: ${item.message}` };
    case 'sent':
    case 'subscribed':
      return undefined;
  }
}

function gapText({ why, missing }: GapItem): string {
  if (why !== 'sequence' || missing === undefined) return GAPS[why];
  const { from, to } = missing;
  return from === to
    ? `sequence number ${from} did not come`
    : `sequence numbers ${from} to ${to} did not come`;
}

function disconnectText({ reason, code, errorCode, retryInMs }: DisconnectedItem): string {
  const why = reason === '' ? 'the connection ended' : reason;
  const codes = errorCode === undefined ? `close code ${code}` : `close code ${code}, ${errorCode}`;
  const next =
    retryInMs === undefined ? 'not tried again' : `next attempt in ${(retryInMs / 1000).toFixed(1)} s`;
  return `${why} (${codes}); ${next}`;
}
