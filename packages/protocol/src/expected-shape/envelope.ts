import { endsWithBrace, type FrameSource } from './frame-source.ts';
import { literal, matches, type Literal } from './literal.ts';
import { timeEnd } from './time-end.ts';
import { integerAt, integerEnd, textEnd } from './value-end.ts';

/** The channels whose frames have an expected shape. */
export type ExpectedChannel = 'l2_data' | 'ticker' | 'ticker_batch' | 'market_trades' | 'heartbeats';

/** What stands before the first event. Positions are those of the frame's source. */
export interface ScannedEnvelope {
  channel: ExpectedChannel;
  /** -1 where there is no `client_id`. */
  clientIdFrom: number;
  clientIdTo: number;
  timestampFrom: number;
  timestampTo: number;
  sequence: number;
  eventsFrom: number;
}

interface Head {
  readonly channel: ExpectedChannel;
  readonly plain: Literal;
  readonly withClientId: Literal;
}

const head = (channel: ExpectedChannel): Head => ({
  channel,
  plain: literal(`{"channel":"${channel}","timestamp":"`),
  withClientId: literal(`{"channel":"${channel}","client_id":"`),
});

const LEVEL2 = head('l2_data');
const OTHERS = [head('ticker'), head('market_trades'), head('heartbeats'), head('ticker_batch')] as const;
const TIMESTAMP = literal('","timestamp":"');
const SEQUENCE = literal('","sequence_num":');
const EVENTS = literal(',"events":[');

/** An envelope to be used for one frame after the other. */
export function newScannedEnvelope(): ScannedEnvelope {
  return {
    channel: 'l2_data',
    clientIdFrom: -1,
    clientIdTo: -1,
    timestampFrom: 0,
    timestampTo: 0,
    sequence: 0,
    eventsFrom: 0,
  };
}

/** Reads an envelope in the exchange's own order of keys, with and without `client_id`. */
export function scanEnvelope(source: FrameSource, envelope: ScannedEnvelope): boolean {
  const { bytes } = source;
  const timestampFrom = scanHead(source, envelope);
  if (timestampFrom < 0) return false;
  const timestampTo = timeEnd(source, timestampFrom);
  if (timestampTo < 0 || !matches(source, timestampTo, SEQUENCE)) return false;
  const sequenceFrom = timestampTo + SEQUENCE.length;
  const sequenceTo = integerEnd(source, sequenceFrom);
  if (sequenceTo < 0 || !matches(source, sequenceTo, EVENTS) || !endsWithBrace(source)) return false;
  envelope.timestampFrom = timestampFrom;
  envelope.timestampTo = timestampTo;
  envelope.sequence = integerAt(bytes, sequenceFrom, sequenceTo);
  envelope.eventsFrom = sequenceTo + EVENTS.length;
  return true;
}

function scanHead(source: FrameSource, envelope: ScannedEnvelope): number {
  const { start } = source;
  envelope.clientIdFrom = -1;
  // Nearly all frames: no search.
  if (matches(source, start, LEVEL2.plain)) {
    envelope.channel = 'l2_data';
    return start + LEVEL2.plain.length;
  }
  for (const { channel, plain } of OTHERS) {
    if (matches(source, start, plain)) {
      envelope.channel = channel;
      return start + plain.length;
    }
  }
  const withId = [LEVEL2, ...OTHERS].find(({ withClientId }) => matches(source, start, withClientId));
  return withId === undefined ? -1 : scanClientId(source, envelope, withId);
}

function scanClientId(
  source: FrameSource,
  envelope: ScannedEnvelope,
  { channel, withClientId }: Head,
): number {
  const from = source.start + withClientId.length;
  const to = textEnd(source, from);
  if (to < 0 || !matches(source, to, TIMESTAMP)) return -1;
  envelope.channel = channel;
  envelope.clientIdFrom = from;
  envelope.clientIdTo = to;
  return to + TIMESTAMP.length;
}
