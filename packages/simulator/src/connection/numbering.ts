import type { Publication } from '../market/publication.ts';
import { below, type Random } from '../model/random.ts';
import { MS, type TimeText } from '../market/wire-text.ts';
import type { Endpoint } from '../market/channels.ts';

/** A whole frame. */
export interface NumberedFrame {
  readonly sequence: number;
  readonly channel: string;
  /** One character a byte. */
  readonly text: string;
}

/** Puts the head on a connection's frames: its own counter from 0 and a time that only goes forward. */
export interface Numbering {
  number(publication: Publication): NumberedFrame;
  /** Begins again at 0, which no real exchange does within a connection. */
  restart(): void;
}

/** Frames of one instant follow each other this closely, in nanoseconds. */
const CLOSEST = 25_000;
const CLOSEST_SPREAD = 160_000;

export function createNumbering(endpoint: Endpoint, time: TimeText, random: Random): Numbering {
  // Since 2026 only the user endpoint still sends the empty client_id (facts, section 3.1).
  const clientId = endpoint === 'user' ? '"client_id":"",' : '';
  const fronts = new Map<string, string>();
  let next = 0;
  let lastAt = Number.NEGATIVE_INFINITY;

  /** All but the time and the number: there are few channels and many frames. */
  const frontOf = (channel: string): string => {
    let front = fronts.get(channel);
    if (front === undefined) {
      front = `{"channel":"${channel}",${clientId}"timestamp":"`;
      fronts.set(channel, front);
    }
    return front;
  };

  return {
    number({ at, channel, tail, timestamp }) {
      // Subscriptions act on whole milliseconds; the wire shows nine digits.
      const precise = at % MS === 0 ? at + below(random, MS) : at;
      lastAt = precise > lastAt ? precise : lastAt + CLOSEST + below(random, CLOSEST_SPREAD);
      const sequence = next;
      next += 1;
      const head = `${frontOf(channel)}${timestamp ?? time.rfc3339(lastAt)}","sequence_num":${sequence}`;
      return { sequence, channel, text: head + tail };
    },
    restart() {
      next = 0;
    },
  };
}
