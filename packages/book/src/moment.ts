import { type Level2Event, hasTime, parseTimestamp } from '@feedtape/protocol';

/** Up to and including the seconds, where every RFC 3339 time in UTC has the same width. */
const SECONDS = 19;
const Z = 90;

/** The time of a snapshot, made to be compared with the times of many updates. */
export class Moment {
  readonly #ns: bigint;
  /** Every text of a later second is greater than this. */
  readonly #endOfSecond: string;
  #lastText = '';
  #lastAnswer = false;

  private constructor(text: string, ns: bigint) {
    this.#ns = ns;
    this.#endOfSecond = `${text.slice(0, SECONDS)}~`;
  }

  /** The newest time on the levels of an event; `undefined` when none of them has one. */
  static newestOf({ updates }: Level2Event): Moment | undefined {
    let newest: { text: string; ns: bigint } | undefined;
    for (const { event_time: text } of updates) {
      if (text === newest?.text) continue;
      const ns = nanosecondsOf(text);
      if (ns !== undefined && (newest === undefined || ns > newest.ns)) newest = { text, ns };
    }
    return newest && new Moment(newest.text, newest.ns);
  }

  /** Whether a time is earlier. Not so when it cannot be read or says that there is none. */
  isAfter(text: string): boolean {
    // A frame repeats one time on all its levels.
    if (text === this.#lastText) return this.#lastAnswer;
    this.#lastText = text;
    this.#lastAnswer = !this.#isLaterSecond(text) && isEarlier(nanosecondsOf(text), this.#ns);
    return this.#lastAnswer;
  }

  #isLaterSecond(text: string): boolean {
    return text > this.#endOfSecond && text.charCodeAt(text.length - 1) === Z;
  }
}

const isEarlier = (ns: bigint | undefined, than: bigint): boolean => ns !== undefined && ns < than;

function nanosecondsOf(text: string): bigint | undefined {
  try {
    return hasTime(text) ? parseTimestamp(text) : undefined;
  } catch {
    // Only used to notice what is old: a time that cannot be read tells nothing about that.
    return undefined;
  }
}
