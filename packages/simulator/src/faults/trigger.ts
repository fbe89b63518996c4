import type { Random } from '../model/random.ts';
import { type Fault, type FaultRule, isContentFault, isRequestFault } from './fault.ts';

/** A frame, or an attempt to connect, as far as a rule looks at it. */
export interface Occasion {
  readonly channel?: string | undefined;
  readonly product?: string | undefined;
  /** Of a request: the products it names. */
  readonly requested?: readonly string[];
  /** Which frame of the connection it is. */
  readonly frame: number;
  /** Milliseconds since the connection opened. */
  readonly ageMs: number;
}

/** One rule on one connection: remembers how often it matched and struck. */
export interface Trigger {
  readonly fault: Fault;
  strikes(occasion: Occasion): boolean;
}

export function createTrigger(rule: FaultRule, random: Random): Trigger {
  const { every, chance } = rule;
  const times = rule.times ?? (every === undefined && chance === undefined ? 1 : Number.POSITIVE_INFINITY);
  let matched = 0;
  let struck = 0;
  return {
    fault: rule.fault,
    strikes(occasion) {
      if (struck >= times || !matches(rule, occasion)) return false;
      matched += 1;
      if (every !== undefined && matched % every !== 0) return false;
      if (chance !== undefined && random() >= chance) return false;
      struck += 1;
      return true;
    },
  };
}

function matches(rule: FaultRule, { channel, product, requested, frame, ageMs }: Occasion): boolean {
  if (isRequestFault(rule.fault) !== (requested !== undefined)) return false;
  if (rule.channel !== undefined && rule.channel !== channel) return false;
  if (rule.product !== undefined && !(requested ?? [product]).includes(rule.product)) return false;
  if (frame < (rule.fromFrame ?? 0) || ageMs < (rule.afterMs ?? 0)) return false;
  // What has no event has no content to change; some make sense only on frames of their kind. They wait for one.
  if (channel === undefined && isContentFault(rule.fault)) return false;
  if (rule.fault.kind === 'crossed-book') return channel === 'l2_data';
  if (rule.fault.kind === 'foreign-subscription') return channel === 'subscriptions';
  if (rule.fault.kind === 'missing-trades') return channel === 'market_trades';
  if (rule.fault.kind === 'silence') return product !== undefined && product !== '';
  return true;
}
