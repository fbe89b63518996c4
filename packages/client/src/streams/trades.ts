import type { Trade } from '@feedtape/protocol';
import { createTradeContinuity, type TradeContinuityOptions } from '@feedtape/sequencer';
import { type BackfillOptions, Backfills, type MissingTrades } from './backfills.ts';
import { aFunction, anObject, aPositive, optionsOf, ROOT } from '../model/check-options.ts';
import { aClock, type Instant } from '../model/clock.ts';
import type { Feed } from '../model/feed.ts';
import type { FeedItem, FrameItem } from '../model/item.ts';

export type TradeItem =
  | {
      readonly kind: 'trade';
      readonly trade: Trade;
      /** Absent for a trade that was filled in. */
      readonly at?: Instant;
      /** It was missing until now: ids after it came before. */
      readonly late: boolean;
    }
  | ({ readonly kind: 'missing' } & MissingTrades);

export interface TradesOptions extends BackfillOptions {
  /** Goes on where an earlier stream stopped, so that the outage between them shows. @default anew */
  readonly continuity?: TradeContinuityOptions;
}

const tradesOptions = optionsOf<TradesOptions>({
  backfill: aFunction,
  onBackfillError: aFunction,
  backfillMs: aPositive,
  clock: aClock,
  // The sequencer looks into it.
  continuity: anObject,
});

/**
 * Every trade of a feed once, oldest first in a frame. Snapshots after a reconnect fill what the outage cost as far
 * as they reach; with `redundancy: 2` a trade is missing only when neither line had it. Trades go missing although
 * no frame does, so this looks at `trade_id`, which counts without holes for each product.
 *
 * @throws ClientError `CLIENT_OPTION_INVALID`
 */
export function trades(feed: Feed, options: TradesOptions = {}): AsyncIterable<TradeItem> {
  tradesOptions(ROOT, options);
  return { [Symbol.asyncIterator]: () => new TradeStream(feed, options) };
}

interface SuspectedGap extends MissingTrades {
  /** The line that passed it by. */
  readonly line: number;
  readonly present: Set<string>;
  readonly at: Instant;
}

/** Longer than this the other line need not be waited for: it has lost them as well, or is not subscribed. */
const SUSPECT_MS = 5_000;

class TradeStream implements AsyncIterator<TradeItem> {
  readonly #batches: AsyncIterator<readonly FeedItem[]>;
  readonly #continuity;
  readonly #lines = new LinesUp();
  readonly #backfills: Backfills;
  #items: IterableIterator<FeedItem> = [].values();
  #ready: TradeItem[] = [];
  #suspected: SuspectedGap[] = [];
  #state: 'reading' | 'pulling' | 'ended' | 'left' = 'reading';
  #failure: { readonly error: unknown } | undefined;
  #arrival: Promise<void> | undefined;
  #arrive: () => void = () => {};

  constructor(feed: Feed, options: TradesOptions) {
    this.#batches = feed.batches()[Symbol.asyncIterator]();
    this.#continuity = createTradeContinuity(options.continuity);
    this.#backfills = new Backfills(options, {
      filled: (fetched, missing) => this.#insert(fetched, missing),
      failed: (error) => this.#fail(error),
      settled: () => this.#arrived(),
    });
  }

  async next(): Promise<IteratorResult<TradeItem>> {
    for (;;) {
      if (this.#failure !== undefined) {
        await this.return();
        throw this.#failure.error;
      }
      if (this.#state === 'left') return { done: true, value: undefined };
      const value = this.#ready.shift();
      if (value !== undefined) return { done: false, value };
      const item = this.#items.next();
      if (item.done !== true) this.#look(item.value);
      else if (this.#state === 'ended' && this.#backfills.pending === 0)
        return { done: true, value: undefined };
      else await this.#wait();
    }
  }

  async return(): Promise<IteratorResult<TradeItem>> {
    this.#state = 'left';
    this.#backfills.stop();
    await this.#batches.return?.();
    this.#arrived();
    return { done: true, value: undefined };
  }

  /** Until items came, a backfill is over, or something failed. One promise, however long it takes. */
  async #wait(): Promise<void> {
    this.#arrival ??= new Promise((resolve) => (this.#arrive = resolve));
    const arrival = this.#arrival;
    if (this.#state === 'reading') void this.#pull();
    await arrival;
  }

  #arrived(): void {
    this.#arrive();
    this.#arrival = undefined;
  }

  async #pull(): Promise<void> {
    this.#state = 'pulling';
    try {
      const batch = await this.#batches.next();
      if (batch.done !== true) this.#items = batch.value.values();
      if (this.#state === 'pulling') this.#state = batch.done === true ? 'ended' : 'reading';
    } catch (error) {
      this.#fail(error);
    }
    this.#arrived();
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
  }

  #look(item: FeedItem): void {
    try {
      this.#take(item);
    } catch (error) {
      this.#fail(error);
    }
  }

  #take(item: FeedItem): void {
    this.#lines.note(item);
    const at = item.kind === 'frame' ? item.at : item.at;
    const [oldest] = this.#suspected;
    if (item.kind === 'disconnected' || (oldest !== undefined && at - oldest.at > SUSPECT_MS))
      this.#confirm(at);
    if (item.kind !== 'frame') return;
    if (item.channel !== undefined && item.channel !== 'market_trades') return;
    const { decoded } = item;
    if (decoded.kind !== 'message' || decoded.channel !== 'market_trades') return;
    for (const [productId, list] of byProduct(decoded.message.events.flatMap((event) => event.trades)))
      this.#judge(item, productId, list);
  }

  #judge(frame: FrameItem, productId: string, list: readonly Trade[]): void {
    const { line } = frame;
    const verdicts = this.#continuity.push(
      productId,
      list.map((trade) => trade.trade_id),
    );
    // The exchange sends the newest first.
    for (let place = list.length - 1; place >= 0; place -= 1) {
      const trade = list[place] as Trade;
      const verdict = verdicts[place];
      if (verdict?.kind === 'gap')
        this.#suspected.push({
          productId,
          ...verdict.missing,
          count: verdict.count,
          line,
          present: new Set(),
          at: frame.at,
        });
      if (verdict?.kind === 'duplicate' || verdict?.kind === 'stale') continue;
      const late = verdict?.kind === 'late';
      if (late) this.#tradeArrived(productId, trade.trade_id);
      this.#ready.push({ kind: 'trade', trade, at: frame.at, late });
    }
    this.#confirm(frame.at, productId, line, list);
  }

  #tradeArrived(productId: string, id: string): void {
    for (const suspect of this.#suspected)
      if (suspect.productId === productId && isWithin(id, suspect)) suspect.present.add(id);
  }

  /** Calls missing what no line that is up can still bring: the other one is down, or has passed it by as well. */
  #confirm(at: Instant, productId?: string, line?: number, list: readonly Trade[] = []): void {
    this.#suspected = this.#suspected.filter((suspect) => {
      const other = suspect.line === 0 ? 1 : 0;
      const passed =
        suspect.productId === productId &&
        line === other &&
        list.some(({ trade_id: id }) => DIGITS.test(id) && BigInt(id) > BigInt(suspect.to));
      if (this.#lines.isUp(other) && !passed && at - suspect.at <= SUSPECT_MS) return true;
      this.#report(suspect);
      return false;
    });
  }

  #report({ productId, from, to, present }: SuspectedGap): void {
    for (const range of holes(BigInt(from), BigInt(to), present)) {
      const missing: MissingTrades = { productId, ...range };
      this.#ready.push({ kind: 'missing', ...missing });
      this.#backfills.request(missing);
    }
  }

  #insert(fetched: readonly Trade[], missing: MissingTrades): void {
    for (const trade of fetched) {
      if (trade.product_id !== missing.productId) continue;
      const [verdict] = this.#continuity.push(trade.product_id, [trade.trade_id]);
      if (verdict?.kind === 'late') this.#ready.push({ kind: 'trade', trade, late: true });
    }
  }
}

/** The exchange may send anything as an id. */
const DIGITS = /^\d{1,64}$/;

const isWithin = (id: string, { from, to }: MissingTrades): boolean =>
  BigInt(id) >= BigInt(from) && BigInt(id) <= BigInt(to);

function byProduct(list: readonly Trade[]): ReadonlyMap<string, readonly Trade[]> {
  const groups = new Map<string, Trade[]>();
  for (const trade of list) {
    const group = groups.get(trade.product_id);
    if (group === undefined) groups.set(trade.product_id, [trade]);
    else group.push(trade);
  }
  return groups;
}

/** What is left of a range without some of its ids. */
function holes(
  from: bigint,
  to: bigint,
  present: ReadonlySet<string>,
): { readonly from: string; readonly to: string; readonly count: number }[] {
  const taken = [...present].map(BigInt).toSorted((a, b) => (a < b ? -1 : 1));
  const found: { from: string; to: string; count: number }[] = [];
  let start = from;
  for (const end of [...taken, to + 1n]) {
    if (end > start) found.push({ from: String(start), to: String(end - 1n), count: Number(end - start) });
    start = end + 1n;
  }
  return found;
}

/** Tracks which lines of a redundant feed have an open connection. */
class LinesUp {
  readonly #lines = new Map<number, number>();

  /** Looks at every item of the feed. */
  note({ kind, connection, line }: FeedItem): void {
    if (kind === 'disconnected') this.#lines.delete(connection);
    else if (!this.#lines.has(connection)) this.#lines.set(connection, line);
  }

  /** Whether any connection of a line is up. */
  isUp(line: number): boolean {
    for (const up of this.#lines.values()) if (up === line) return true;
    return false;
  }
}
