import type { DecodedMessage } from '../model/decoded.ts';
import type { Message } from '../model/message.ts';
import { heartbeatsEvent } from './heartbeats.ts';
import { level2Event } from './level2.ts';
import { marketTradesEvent } from './market-trades.ts';
import { CHANNELS, readFrom, readText, theScanner, type Scanner } from './scanner.ts';
import {
  CLIENT_ID_END,
  HEARTBEATS,
  LEVEL2,
  MARKET_TRADES,
  NO_MATCH,
  SEQUENCE,
  TIMESTAMP_END,
} from './scanner-layout.ts';
import { tickerEvent } from './ticker.ts';
import { textOfValues } from './values.ts';

/**
 * Decodes a frame spelled exactly as the exchange's serialiser spells the frequent ones: its order of keys, no white
 * space, no escapes, ASCII, one event. `undefined` for every other frame, which says nothing about it. Returns what the
 * fallback returns.
 *
 * The scanner first copies the values side by side; they become one string, and each value is a slice of it. So a frame
 * that does not match costs part of a scan and, except for snapshots of more than 64 KiB, no memory.
 */
export function decodeFast(frame: Uint8Array | string): DecodedMessage | undefined {
  const scanner = theScanner();
  if (scanner === undefined) return undefined;
  const found =
    typeof frame === 'string' ? readText(scanner, frame) : readFrom(scanner, scanner.scan, frame, 0);
  return found === NO_MATCH ? undefined : messageOf(scanner, frame, found);
}

function messageOf(scanner: Scanner, frame: Uint8Array | string, found: number): DecodedMessage | undefined {
  const { header } = scanner;
  const text = textOfValues(scanner);
  const channel = CHANNELS[found]!;
  const clientIdEnd = header[CLIENT_ID_END]!;
  const timestampFrom = clientIdEnd < 0 ? 0 : clientIdEnd;
  const timestamp = text.slice(timestampFrom, header[TIMESTAMP_END]);
  const sequence = scanner.numbers[SEQUENCE]!;
  const event = eventOf(scanner, text, frame, found);
  if (event === undefined) return undefined;
  const events = [event];
  const message =
    clientIdEnd < 0
      ? { channel, timestamp, sequence_num: sequence, events }
      : { channel, client_id: text.slice(0, clientIdEnd), timestamp, sequence_num: sequence, events };
  // The event is the one that the scan of this channel gathered.
  return { kind: 'message', channel, sequence, message } as DecodedMessage;
}

function eventOf(
  scanner: Scanner,
  text: string,
  frame: Uint8Array | string,
  channel: number,
): Message['events'][number] | undefined {
  // Most frames are level2.
  if (channel === LEVEL2) return level2Event(scanner, text, frame);
  if (channel === MARKET_TRADES) return marketTradesEvent(scanner, text);
  return channel === HEARTBEATS ? heartbeatsEvent(scanner, text) : tickerEvent(scanner, text);
}
