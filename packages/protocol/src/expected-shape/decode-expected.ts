import type { DecodedMessage } from '../decoded.ts';
import { asciiText } from '../json-text.ts';
import type { Message } from '../message.ts';
import { newScannedEnvelope, scanEnvelope } from './envelope.ts';
import { letGo, newFrameSource, copyFrom } from './frame-source.ts';
import { heartbeatsEvent, scanHeartbeatsEvent } from './heartbeats.ts';
import { newLevel2Marks, scanLevel2Event } from './level2-scan.ts';
import { level2Message } from './level2.ts';
import { marketTradesEvent, scanMarketTradesEvent } from './market-trades.ts';
import { newSpans } from './spans.ts';
import { scanTickerEvent, tickerEvent } from './ticker.ts';

// Scratch memory of one synchronous call after the other.
const source = newFrameSource();
const envelope = newScannedEnvelope();
const marks = newLevel2Marks();
const spans = newSpans();

/**
 * Decodes a frame that looks exactly as the exchange's serialiser writes the frequent ones: its order of keys, no
 * white space, no escapes, ASCII, one event. `undefined` for every other frame, which says nothing about it. What it
 * returns is what `JSON.parse` and the channel's schema would, so the two may be exchanged freely.
 *
 * The frame is read twice: first to see that all of it is as expected and where the values are, then to cut them out.
 * A frame that is not as expected has therefore cost a part of the first reading and no memory.
 */
export function decodeExpected(frame: Uint8Array): DecodedMessage | undefined {
  if (!copyFrom(source, frame)) return undefined;
  const decoded = scanEnvelope(source, envelope) ? decodeEvent() : undefined;
  letGo(source);
  return decoded;
}

function decodeEvent(): DecodedMessage | undefined {
  // Nearly all frames.
  if (envelope.channel !== 'l2_data') return decodeOther();
  return endsFrame(scanLevel2Event(source, envelope.eventsFrom, marks))
    ? level2Message(source, envelope, marks)
    : undefined;
}

function decodeOther(): DecodedMessage | undefined {
  const { channel, eventsFrom } = envelope;
  spans.count = 0;
  if (!endsFrame(scanOther())) return undefined;
  const text = asciiText(source.bytes, source.start, source.end);
  if (channel === 'market_trades') return message(text, marketTradesEvent(source, eventsFrom, spans, text));
  if (channel === 'heartbeats') return message(text, heartbeatsEvent(source, spans, text));
  return message(text, tickerEvent(source, eventsFrom, spans, text));
}

function scanOther(): number {
  switch (envelope.channel) {
    case 'market_trades':
      return scanMarketTradesEvent(source, envelope.eventsFrom, spans);
    case 'heartbeats':
      return scanHeartbeatsEvent(source, envelope.eventsFrom, spans);
    case 'ticker':
    case 'ticker_batch':
      return scanTickerEvent(source, envelope.eventsFrom, spans);
    case 'l2_data':
      return -1;
  }
}

/** Whether the event ends where the frame's last two bytes, `]}`, begin. */
function endsFrame(end: number): boolean {
  return end >= 0 && end + 2 === source.end && source.bytes[end] === 0x5d;
}

function message(text: string, event: Message['events'][number]): DecodedMessage {
  const { channel, clientIdFrom, clientIdTo, sequence, timestampFrom, timestampTo } = envelope;
  const { start } = source;
  const timestamp = text.slice(timestampFrom - start, timestampTo - start);
  const events = [event];
  const decoded =
    clientIdFrom < 0
      ? { channel, timestamp, sequence_num: sequence, events }
      : {
          channel,
          client_id: text.slice(clientIdFrom - start, clientIdTo - start),
          timestamp,
          sequence_num: sequence,
          events,
        };
  // The scan that belongs to this channel has found its event.
  return { kind: 'message', channel, sequence, message: decoded } as DecodedMessage;
}
