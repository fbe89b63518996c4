import { type Publication, tailOf, type WireChannel } from '../market/publication.ts';
import type { ContentFault } from './fault.ts';

/** What a content fault makes of a publication. */
export interface Reshaped {
  /** What goes out instead, in order; each gets its own number. */
  readonly publications: readonly Publication[];
  /** What was kept back without a gap: trade ids, or nothing in particular. */
  readonly withheld?: readonly string[];
}

const DEFAULT_HUGE = 16 * 1024 * 1024;
/** Names that no channel and no field of the real feed has. */
const UNKNOWN = 'feedtape_unknown';

interface Event {
  readonly type?: string;
  readonly product_id?: string;
  readonly updates?: readonly Readonly<Record<string, string>>[];
  readonly subscriptions?: Readonly<Record<string, readonly string[]>>;
  readonly trades?: readonly { readonly trade_id: string }[];
}

/** Pure: a publication and a fault in, what is told instead out. */
export function reshape(publication: Publication, fault: ContentFault): Reshaped {
  switch (fault.kind) {
    case 'unknown-channel':
      return { publications: [stranger(publication, '{"type":"update"}'), publication] };
    case 'huge': {
      const padding = 'x'.repeat(Math.max(0, (fault.bytes ?? DEFAULT_HUGE) - HUGE_FRAME_BESIDES));
      return { publications: [stranger(publication, `{"padding":"${padding}"}`), publication] };
    }
    case 'unknown-fields':
      return {
        publications: [edit(publication, (event) => ({ ...event, [UNKNOWN]: { nested: [1, 'two'] } }))],
      };
    case 'crossed-book':
      return { publications: [edit(publication, cross)] };
    case 'missing-trades':
      return loseTrades(publication, fault.count ?? 1);
    case 'silence':
      return { publications: [], withheld: [] };
    case 'foreign-subscription':
      return { publications: [edit(publication, listForeign)] };
    case 'sequence-restart':
    case 'stray-error':
      return { publications: [publication] };
  }
}

/** Bytes of the frame around the padding, give or take the digits of its number and time. */
const HUGE_FRAME_BESIDES = 133;

function stranger({ at, product }: Publication, event: string): Publication {
  // The name is outside of every list on purpose.
  return { at, channel: UNKNOWN as WireChannel, product, tail: tailOf(event) };
}

function eventOf({ tail }: Publication): Event {
  const { events } = JSON.parse(`{${tail.slice(1)}`) as { events: readonly Event[] };
  return events[0] ?? {};
}

function edit(publication: Publication, change: (event: Event) => Event): Publication {
  const { at, channel, product } = publication;
  return { at, channel, product, tail: tailOf(JSON.stringify(change(eventOf(publication)))) };
}

/** What a shared account, or another client's connection, would show. */
function listForeign(event: Event): Event {
  const listed = event.subscriptions ?? {};
  const level2 = [...(listed['level2'] ?? []), 'FOREIGN-USD'];
  return { ...event, subscriptions: { ...listed, level2, user: ['00000000-0000-4000-8000-000000000000'] } };
}

/** Twice the price of whatever the frame touches is above every offer near it. */
function cross(event: Event): Event {
  const [first] = event.updates ?? [];
  const price = Number(first?.['price_level'] ?? '1');
  const bid = {
    side: 'bid',
    event_time: first?.['event_time'] ?? '1970-01-01T00:00:00Z',
    price_level: String(price * 2),
    new_quantity: '1',
  };
  return { ...event, updates: [bid, ...(event.updates ?? [])] };
}

function loseTrades(publication: Publication, count: number): Reshaped {
  const event = eventOf(publication);
  const trades = event.trades ?? [];
  const left = trades.slice(0, Math.max(0, trades.length - count));
  const withheld = trades.slice(left.length).map(({ trade_id: id }) => id);
  if (left.length === 0) return { publications: [], withheld };
  return { publications: [edit(publication, () => ({ ...event, trades: left }))], withheld };
}
