// Which place carries what, on every line of a feed: hands each its share of what is wanted.
import { isPrivateChannel } from '@feedtape/protocol';
import type { FeedSettings } from '../options/feed-options.ts';
import type { ShardHost } from '../shard/shard-host.ts';
import { type Plan, replan } from '../subscriptions/shard-assignment.ts';
import { Slot } from '../shard/shard.ts';
import { noTopics, type Topics } from '../subscriptions/subscription-set.ts';

export class Places {
  /** Places by line and number. */
  readonly lines: readonly Slot[][];
  readonly #host: ShardHost;
  readonly #settings: FeedSettings;
  readonly #plans: Plan[];
  #level2Limit: number;

  constructor(host: ShardHost, settings: FeedSettings) {
    this.#host = host;
    this.#settings = settings;
    this.lines = Array.from({ length: settings.redundancy }, () => []);
    this.#plans = this.lines.map(() => []);
    this.#level2Limit = host.level2Limit.value;
  }

  /** Whether a connection may carry more or fewer level2 products than at the last sharing. */
  get outdated(): boolean {
    return this.#level2Limit !== this.#host.level2Limit.value;
  }

  share(all: Topics): void {
    const { limits, marketUrls, userUrls } = this.#settings;
    this.#level2Limit = this.#host.level2Limit.value;
    const planLimits = { ...limits, level2ProductsPerConnection: this.#level2Limit };
    for (const [line, slots] of this.lines.entries()) {
      // Private channels stay single: the exchange expects one connection for a user.
      const wanted = line === 0 ? all : withoutPrivate(all);
      const plan = replan(this.#plans[line] ?? [], wanted, planLimits);
      this.#plans[line] = plan;
      for (const [index, place] of plan.entries()) {
        slots[index] ??= new Slot(this.#host, line);
        slots[index].want(place?.topics ?? noTopics, place?.endpoint === 'user' ? userUrls : marketUrls);
      }
    }
  }
}

const withoutPrivate = (topics: Topics): Topics =>
  new Map([...topics].filter(([channel]) => !isPrivateChannel(channel)));
