import type { Trade } from '@feedtape/protocol';
import { createTradeContinuity, type TradeContinuityOptions } from '@feedtape/sequencer';
import type { Instant } from './clock.ts';
import type { Feed } from './feed.ts';
import type { FeedItem, FrameItem } from './feed-item.ts';
import { LineMap } from './line.ts';

/** Trades that no line delivered, although the ids before and after them came. Ids are digit strings. */
export interface MissingTrades {
  readonly productId: string;
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

export type TradeItem =
  | {
      readonly kind: 'trade';
      readonly trade: Trade;
      /** Absent for a trade that was filled in. */
      readonly receivedAt?: Instant;
      /** It was missing until now: ids after it came before. */
      readonly late: boolean;
    }
  | ({ readonly kind: 'missing' } & MissingTrades);

export interface TradesOptions {
  /**
   * Fetches what is missing, from the REST API for example. What it returns comes as late trades, each once; what
   * it throws is told to `onBackfillError` and leaves the trades missing.
   */
  readonly backfill?: (missing: MissingTrades) => Promise<readonly Trade[]>;
  readonly onBackfillError?: (error: unknown, missing: MissingTrades) => void;
  /** Goes on where an earlier stream stopped, so that the outage between them shows. */
  readonly continuity?: TradeContinuityOptions;
}

/**
 * Every trade of a feed once, oldest first in a frame. Snapshots after a reconnect fill what the outage cost as far
 * as they reach; with `redundancy: 2` a trade is missing only when neither line had it. Trades go missing although
 * no frame does, so this looks at `trade_id`, which counts without holes for each product.
 */
export function trades(feed: Feed, options: TradesOptions = {}): AsyncIterable<TradeItem> {
  return { [Symbol.asyncIterator]: () => new TradeStream(feed, options) };
}

interface Suspect extends MissingTrades {
  /** The line that passed it by. */
  readonly line: number;
  readonly present: Set<string>;
  readonly at: Instant;
}

/** Longer than this the other line need not be waited for: it has lost them as well, or is not subscribed. */
const SUSPECT_MS = 5_000;

class TradeStream implements AsyncIterator<TradeItem> {
  readonly #options: TradesOptions;
  readonly #batches: AsyncIterator<readonly FeedItem[]>;
  readonly #continuity;
  readonly #lines = new LineMap();
  #ready: TradeItem[] = [];
  #suspects: Suspect[] = [];
  #pull: Promise<IteratorResult<readonly FeedItem[]>> | undefined;
  #backfills = new Set<Promise<void>>();

  constructor(feed: Feed, options: TradesOptions) {
    this.#options = options;
    this.#batches = feed.batches()[Symbol.asyncIterator]();
    this.#continuity = createTradeContinuity(options.continuity);
  }

  async next(): Promise<IteratorResult<TradeItem>> {
    for (;;) {
      const value = this.#ready.shift();
      if (value !== undefined) return { done: false, value };
      this.#pull ??= this.#batches.next();
      const first = await Promise.race([this.#pull, ...this.#backfills]);
      if (first === undefined) continue;
      this.#pull = undefined;
      if (first.done === true) {
        if (this.#backfills.size === 0) return { done: true, value: undefined };
        await Promise.race(this.#backfills);
      } else for (const item of first.value) this.#take(item);
    }
  }

  async return(): Promise<IteratorResult<TradeItem>> {
    await this.#batches.return?.();
    return { done: true, value: undefined };
  }

  #take(item: FeedItem): void {
    this.#lines.note(item);
    const at = item.kind === 'frame' ? item.receivedAt : item.at;
    const [oldest] = this.#suspects;
    if (item.kind === 'disconnected' || (oldest !== undefined && at - oldest.at > SUSPECT_MS))
      this.#convict(at);
    if (item.kind !== 'frame') return;
    if (item.channel !== undefined && item.channel !== 'market_trades') return;
    const { decoded } = item;
    if (decoded.kind !== 'message' || decoded.channel !== 'market_trades') return;
    for (const [productId, list] of byProduct(decoded.message.events.flatMap((event) => event.trades)))
      this.#judge(item, productId, list);
  }

  #judge(frame: FrameItem, productId: string, list: readonly Trade[]): void {
    const line = this.#lines.lineOf(frame.connection);
    const verdicts = this.#continuity.push(
      productId,
      list.map((trade) => trade.trade_id),
    );
    // The exchange sends the newest first.
    for (let place = list.length - 1; place >= 0; place -= 1) {
      const trade = list[place] as Trade;
      const verdict = verdicts[place];
      if (verdict?.kind === 'gap')
        this.#suspects.push({
          productId,
          ...verdict.missing,
          count: verdict.count,
          line,
          present: new Set(),
          at: frame.receivedAt,
        });
      if (verdict?.kind === 'duplicate' || verdict?.kind === 'stale') continue;
      const late = verdict?.kind === 'late';
      if (late) this.#appeared(productId, trade.trade_id);
      this.#ready.push({ kind: 'trade', trade, receivedAt: frame.receivedAt, late });
    }
    this.#convict(frame.receivedAt, productId, line, list);
  }

  #appeared(productId: string, id: string): void {
    for (const suspect of this.#suspects)
      if (suspect.productId === productId && isWithin(id, suspect)) suspect.present.add(id);
  }

  /** Calls missing what no line that is up can still bring: the other one is down, or has passed it by as well. */
  #convict(at: Instant, productId?: string, line?: number, list: readonly Trade[] = []): void {
    this.#suspects = this.#suspects.filter((suspect) => {
      const other = suspect.line === 0 ? 1 : 0;
      const passed =
        suspect.productId === productId &&
        line === other &&
        list.some((trade) => BigInt(trade.trade_id) > BigInt(suspect.to));
      if (this.#lines.isUp(other) && !passed && at - suspect.at <= SUSPECT_MS) return true;
      this.#report(suspect);
      return false;
    });
  }

  #report({ productId, from, to, present }: Suspect): void {
    for (const range of holes(BigInt(from), BigInt(to), present)) {
      const missing: MissingTrades = { productId, ...range };
      this.#ready.push({ kind: 'missing', ...missing });
      const { backfill } = this.#options;
      if (backfill !== undefined) this.#fill(Promise.resolve(missing).then(backfill), missing);
    }
  }

  #fill(fetched: Promise<readonly Trade[]>, missing: MissingTrades): void {
    const filling: Promise<void> = this.#insert(fetched, missing).finally(() =>
      this.#backfills.delete(filling),
    );
    this.#backfills.add(filling);
  }

  async #insert(fetched: Promise<readonly Trade[]>, missing: MissingTrades): Promise<void> {
    try {
      for (const trade of await fetched) {
        if (trade.product_id !== missing.productId) continue;
        const [verdict] = this.#continuity.push(trade.product_id, [trade.trade_id]);
        if (verdict?.kind === 'late') this.#ready.push({ kind: 'trade', trade, late: true });
      }
    } catch (error) {
      this.#options.onBackfillError?.(error, missing);
    }
  }
}

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
