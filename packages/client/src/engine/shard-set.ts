// The shards of a feed on each of its lines. Assigns them the desired subscriptions.
import { isPrivateChannel } from '@feedtape/protocol';
import type { FeedSettings } from '../options/feed-options.ts';
import type { ShardHost } from '../shard/shard-host.ts';
import { type ShardAssignments, reassign } from '../subscriptions/shard-assignment.ts';
import { Shard } from '../shard/shard.ts';
import { noSubscriptions, type SubscriptionSet } from '../subscriptions/subscription-set.ts';

export class ShardSet {
  /** Shards by line and number. */
  readonly lines: readonly Shard[][];
  readonly #host: ShardHost;
  readonly #settings: FeedSettings;
  readonly #assignments: ShardAssignments[];
  #level2Limit: number;

  constructor(host: ShardHost, settings: FeedSettings) {
    this.#host = host;
    this.#settings = settings;
    this.lines = Array.from({ length: settings.redundancy }, () => []);
    this.#assignments = this.lines.map(() => []);
    this.#level2Limit = host.level2Limit.value;
  }

  /** Whether the level2 limit differs from the last assignment's. */
  get limitChanged(): boolean {
    return this.#level2Limit !== this.#host.level2Limit.value;
  }

  assign(all: SubscriptionSet): void {
    const { limits, marketUrls, userUrls } = this.#settings;
    this.#level2Limit = this.#host.level2Limit.value;
    const planLimits = { ...limits, level2ProductsPerConnection: this.#level2Limit };
    for (const [line, shards] of this.lines.entries()) {
      // Private channels stay single: the exchange expects one connection for a user.
      const desired = line === 0 ? all : withoutPrivate(all);
      const assignments = reassign(this.#assignments[line] ?? [], desired, planLimits);
      this.#assignments[line] = assignments;
      for (const [index, assignment] of assignments.entries()) {
        shards[index] ??= new Shard(this.#host, line);
        shards[index].setDesired(
          assignment?.subscriptions ?? noSubscriptions,
          assignment?.endpoint === 'user' ? userUrls : marketUrls,
        );
      }
    }
  }
}

const withoutPrivate = (subscriptions: SubscriptionSet): SubscriptionSet =>
  new Map([...subscriptions].filter(([channel]) => !isPrivateChannel(channel)));
