/** A plausible mistake: one piece of source replaced, and the test that must notice. */
export interface Mutant {
  readonly mistake: string;
  readonly package: 'sequencer' | 'book' | 'client';
  readonly file: string;
  readonly replace: string;
  readonly by: string;
  /** The title of the test, without those of the groups around it. */
  readonly caughtBy: string;
}

const sequencer = (mistake: string, file: string, replace: string, by: string, caughtBy: string): Mutant => ({
  package: 'sequencer',
  mistake,
  file,
  replace,
  by,
  caughtBy,
});

const book = (mistake: string, file: string, replace: string, by: string, caughtBy: string): Mutant => ({
  package: 'book',
  mistake,
  file,
  replace,
  by,
  caughtBy,
});

const client = (mistake: string, file: string, replace: string, by: string, caughtBy: string): Mutant => ({
  package: 'client',
  mistake,
  file,
  replace,
  by,
  caughtBy,
});

export const mutants: readonly Mutant[] = [
  sequencer(
    'the first number seen is the start',
    'counting.ts',
    "this.#start === 'any' ? number : this.#start;\n    if (number < start)",
    'number;\n    if (number < start)',
    'a connection starts at 0, so a first frame of 3 is a gap of 3',
  ),
  sequencer(
    'a gap includes the frame that showed it',
    'counting.ts',
    'to: number - 1 };',
    'to: number };',
    'a jump reports exactly the numbers that went missing',
  ),
  sequencer(
    'a filled gap stays open',
    'counting.ts',
    'this.#forget(this.#open.remove(found, number));',
    '',
    'a late frame fills its gap, and once it is filled the number is a duplicate',
  ),
  sequencer(
    'a jump back to 0 begins a new counting',
    'counting.ts',
    'if (!restart) return DUPLICATE;',
    'if (restart) this.#next = number + 1;\n    if (!restart) return DUPLICATE;',
    'is an anomaly of its own and changes nothing',
  ),
  sequencer(
    'the end of a connection is no gap',
    'counting.ts',
    'this.#count.unknownGaps += 1;',
    '',
    'is a gap of unknown extent, and the next frame begins a new counting',
  ),
  sequencer(
    'the shortcut for the next number takes 2^53',
    'counting.ts',
    ' && sequence <= Number.MAX_SAFE_INTEGER',
    '',
    'the largest exact integer is a number, and the one after it is not, although it would be next',
  ),
  sequencer(
    'numbers below a forgotten gap are duplicates',
    'counting.ts',
    'this.#horizon = range.to + 1;',
    '',
    'forgets the lowest gap at the limit: its frames stay missing and come back as stale',
  ),
  sequencer(
    'a resumed sequencer has forgotten its open gaps',
    'counting.ts',
    'for (const { from, to } of state.open) counting.#open.append(from, to);',
    '',
    'a state goes through JSON and goes on',
  ),
  sequencer(
    'a held frame may wait for ever',
    'reorder-window.ts',
    'nowMs - this.#held[due - 1]!.sinceMs < this.#ms',
    'due > 0',
    'a frame waits 250 ms at most, and goes with everything below it',
  ),
  sequencer(
    'trades are judged in the order of the frame',
    'trade-continuity.ts',
    '(a.id < b.id ? -1 : Number(a.id > b.id))',
    '0',
    'are judged from the oldest on, though a frame brings the newest first',
  ),
  book(
    'the best bid of a stale book can be read',
    'exact-book.ts',
    'return this.#isFresh ? bestOf(this.#levels.bids) : undefined;',
    'return bestOf(this.#levels.bids);',
    'gives no price after a gap, until a snapshot',
  ),
  book(
    'an update makes a stale book fresh',
    'exact-book.ts',
    "if (!snapshot && this.#status.status === 'stale') return 'ignored';",
    'this.#status = FRESH;',
    'gives no price after a disconnect, until a snapshot',
  ),
  book(
    'a locked book is taken for a good one',
    'side-reading.ts',
    'offer === undefined || bid < -offer) return',
    'offer === undefined || bid <= -offer) return',
    'a frame that leaves it locked makes it stale',
  ),
  book(
    'crossing is looked for after each event',
    'exact-book.ts',
    "    this.#version += 1;\n    return 'applied';",
    "    this.#version += 1;\n    if (touch(this.#levels.bids, this.#levels.offers) !== 'apart') return this.#becomeStale('crossed');\n    return 'applied';",
    'crossing between the levels or the events of one frame is no crossing',
  ),
  book(
    'a snapshot is added to what is held',
    'exact-book.ts',
    'this.#levels.load(columns, from, to);',
    'for (let index = from; index < to; index += 1) this.#levels.set(columns, index);',
    'a snapshot replaces everything that was held',
  ),
  book(
    'size 0 is kept as a level',
    'exact-levels.ts',
    'ladder.delete(offer ? -price : price);',
    'ladder.set(offer ? -price : price, 0);',
    'an update sets the whole size, adds levels and deletes with any spelling of zero',
  ),
  book(
    'a finer price is rounded to the scale of the book',
    'exact-levels.ts',
    'return value % factor === 0 ? value / factor : Number.NaN;',
    'return Math.round(value / factor);',
    'a finer decimal rescales what is held',
  ),
  book(
    'what exceeds 2^53-1 is rounded',
    'exact-levels.ts',
    'return result <= Number.MAX_SAFE_INTEGER ? result : Number.NaN;',
    'return result;',
    'a cheap product with an absurd offer is exact, though one scale for both exceeds 2^53-1',
  ),
  book(
    'frames of another product are applied',
    'exact-book.ts',
    'if (event.product_id === this.productId) applied',
    'applied',
    'a frame of another product changes nothing',
  ),
  book(
    'an update older than the snapshot is applied',
    'level-columns.ts',
    'if (since?.isAfter(level.event_time) === true) continue;',
    '',
    'an update older than the snapshot is skipped, one of the same time or of none is not',
  ),
  sequencer(
    'what comes twice is called late',
    'counting.ts',
    'if (!restart) return DUPLICATE;',
    'if (!restart) return LATE;',
    'a late frame fills its gap, and once it is filled the number is a duplicate',
  ),
  client(
    'an outage is a gap of no frames',
    'session.ts',
    'why, count: null }',
    'why, count: 0 }',
    'after a disconnect everything wanted is subscribed again, and the outage is a gap of unknown extent',
  ),
  client(
    'a channel nobody knows is not counted',
    'session.ts',
    "decoded.kind === 'error' && sequence === undefined ? undefined",
    "decoded.kind === 'error' || decoded.kind === 'unknown' ? undefined",
    'frames of a channel nobody knows, or that no type fits, count like all others (read: true)',
  ),
  client(
    'the watchdog does not hear frames',
    'session.ts',
    'this.heardAt = at;',
    '',
    'heartbeats go on while a product is silent, and a private snapshot before its acknowledgement is taken',
  ),
  client(
    'a silent socket is waited for as long as a server may take to restart',
    'patience.ts',
    'silenceMs: 6_000',
    'silenceMs: 60_000',
    'silence makes the books stale by 2.5 s and ends the connection by 6.5 s',
  ),
  client(
    'failures are forgotten when a socket opens',
    'link.ts',
    "phase.kind === 'open' && context.data && now - phase.openedAt >= patience.healthyMs",
    "phase.kind === 'open'",
    'earlier failures are forgotten after a healthy minute with data, not when a socket opens',
  ),
  client(
    'retries wait without jitter',
    'ending.ts',
    '? chance * Math.max(',
    '? Math.max(',
    '10,000 first retries are uniform below 5 s (Kolmogorov-Smirnov, p > 0.001)',
  ),
  client(
    'Retry-After is not read',
    'ending.ts',
    'if (asked === undefined) return delay;',
    'if (asked !== 0) return delay;',
    'Retry-After is obeyed, 429 for a minute included',
  ),
  client(
    'a refused handshake is tried again like any other',
    'ending.ts',
    "row('HTTP_401', 'authenticate'",
    "row('HTTP_401', 'retry'",
    'HTTP 401: a feed does what its row says',
  ),
  client(
    'a refused token is tried again for ever',
    'admission.ts',
    'if (left > 0) return clearAt;',
    'if (left > -Infinity) return clearAt;',
    'three failures to authenticate, 30 s apart, end the feed with a verdict',
  ),
  client(
    'a token is used twice',
    'request-pump.ts',
    'withTimeout(token(request),',
    'withTimeout(((token as { kept?: Promise<string> }).kept ??= token(request)),',
    'every request carries a token of its own',
  ),
  client(
    'the rates of the exchange are kept on average only',
    'pacer.ts',
    '(grants[oldest] ?? -Infinity) + span',
    '(grants[oldest] ?? -Infinity) + span / 2',
    '1,000 products: at most 30 on a connection, 8 connections and 8 messages a second, each in time',
  ),
  client(
    'a broken book is subscribed again without an end of its stream',
    'next-ask.ts',
    "? { type: 'unsubscribe', channel: 'level2', productIds, repair: true }",
    "? { type: 'subscribe', channel: 'level2', productIds }",
    'a book that breaks by itself is asked for again',
  ),
  client(
    'what an acknowledgement leaves out is never broken',
    'dialogue.ts',
    "...(topics.get('level2') ?? []), ...omitted.map(([, id]) => id)]",
    "...(topics.get('level2') ?? [])]",
    'an acknowledgement that wrongly leaves a product out does not keep its book broken',
  ),
  client(
    'a full queue holds nobody back',
    'outlet.ts',
    'if (this.#overfull) this.#setHeld(true);',
    '',
    'a slow consumer holds the sockets back at the limit and lets go at half of it',
  ),
  client(
    'what was sent to a slow consumer too much is dropped without a word',
    'session.ts',
    'this.#dropped.count += 1;',
    '',
    'dropping: the newest frames go, counted exactly, and the books are repaired when there is room',
  ),
];
