import { type Feed, type FeedItem, type FeedOptions, openFeed } from '@feedtape/client';
import { SimulatedClock } from './simulated-clock.ts';
import { beatForever, loyal, Stage, type StageSocket } from './stage.ts';

export interface Run {
  readonly clock: SimulatedClock;
  readonly stage: Stage;
  readonly feed: Feed;
  readonly items: FeedItem[];
  /** How the feed ended: `undefined` while it runs, `'closed'`, or what it threw. */
  readonly ended: () => unknown;
  readonly kinds: () => FeedItem['kind'][];
  readonly of: <Kind extends FeedItem['kind']>(kind: Kind) => Extract<FeedItem, { kind: Kind }>[];
}

/** A feed on a stage, its items collected. */
export function run(
  options: Omit<FeedOptions, 'transport' | 'clock'>,
  greet: ((socket: StageSocket) => void) | undefined = loyal,
): Run {
  const clock = new SimulatedClock();
  const stage = new Stage(clock, greet);
  beatForever(stage);
  const items: FeedItem[] = [];
  let ended: unknown;
  const feed = openFeed({ url: 'ws://127.0.0.1:1', random: () => 0.5, ...options, transport: stage, clock });
  void feed
    .consume((item) => {
      items.push(item);
    })
    .then(
      () => (ended = 'closed'),
      (error: unknown) => (ended = error),
    );
  return {
    clock,
    stage,
    feed,
    items,
    ended: () => ended,
    kinds: () => items.map(({ kind }) => kind).filter((kind) => kind !== 'frame'),
    of: (kind) => items.filter((item): item is never => item.kind === kind),
  };
}

export const LEVEL2 = [{ channel: 'level2', productIds: ['BTC-USD', 'ETH-USD'] }] as const;
