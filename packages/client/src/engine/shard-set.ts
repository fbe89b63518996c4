// Which place carries what, on every line of a feed: hands each its share of what is wanted.
import { isPrivateChannel } from '@feedtape/protocol';
import type { FeedSettings } from '../options/feed-options.ts';
import type { FeedPort } from '../shard/shard-host.ts';
import { Level2Limit } from '../subscriptions/level2-limit.ts';
import { type Plan, replan } from '../subscriptions/shard-assignment.ts';
import { Slot } from '../shard/shard.ts';
import type { Topics } from '../subscriptions/subscription-set.ts';

const NOTHING: Topics = new Map();

export class Places {
  /** Places by line and number. */
  readonly lines: readonly Slot[][];
  readonly level2Limit: Level2Limit;
  readonly #port: FeedPort;
  readonly #settings: FeedSettings;
  readonly #plans: Plan[];

  constructor(port: FeedPort, settings: FeedSettings) {
    this.#port = port;
    this.#settings = settings;
    this.level2Limit = new Level2Limit(settings.limits.level2ProductsPerConnection);
    this.lines = Array.from({ length: settings.redundancy }, () => []);
    this.#plans = this.lines.map(() => []);
  }

  share(all: Topics): void {
    const { limits, marketUrls, userUrls } = this.#settings;
    const planLimits = { ...limits, level2ProductsPerConnection: this.level2Limit.value };
    for (const [line, slots] of this.lines.entries()) {
      // Private channels stay single: the exchange expects one connection for a user.
      const wanted = line === 0 ? all : withoutPrivate(all);
      const plan = replan(this.#plans[line] ?? [], wanted, planLimits);
      this.#plans[line] = plan;
      for (const [index, place] of plan.entries()) {
        slots[index] ??= new Slot(this.#port, line);
        slots[index].want(place?.topics ?? NOTHING, place?.endpoint === 'user' ? userUrls : marketUrls);
      }
    }
  }
}

const withoutPrivate = (topics: Topics): Topics =>
  new Map([...topics].filter(([channel]) => !isPrivateChannel(channel)));
