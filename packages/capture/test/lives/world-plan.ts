import { seededRandom } from './seeded-random.ts';
import type { SeededRandom } from './seeded-random.ts';

/** What a seed decides: a folder, and the lives that are lived in it, one after the other. All of it is JSON. */
export interface WorldPlan {
  readonly seed: number;
  /** What a power cut takes, it takes from the end. */
  readonly ordered: boolean;
  readonly posixAppend: boolean;
  readonly retention: RetentionPlan | null;
  readonly lives: readonly LifePlan[];
}

export interface RetentionPlan {
  readonly bytes?: number;
  readonly segments?: number;
  readonly ms?: number;
  readonly freeBytes?: number;
}

export interface LifePlan {
  readonly options: LifeOptions;
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  /** `null`: it closes. A process that would die after it has closed has closed. */
  readonly crash: Crash | null;
  /** `repair` is run before the next life. */
  readonly repaired: boolean;
  /** How many calls in a hundred take a while. */
  readonly slowCalls: number;
  readonly closedTwice: boolean;
}

export interface LifeOptions {
  readonly rotateBytes: number;
  readonly rotateMs: number;
  readonly fsync: 'always' | 'never' | { readonly everyMs: number };
  readonly compress: 'none' | 'zstd' | 'gzip';
  readonly maxQueuedBytes: number;
  readonly reserveBytes: number;
  readonly maxFileBytes: number | null;
  readonly namespace: string;
}

export interface Crash {
  readonly how: 'kill' | 'power';
  /** It dies so many ms after the last step, whatever it is doing then; `null`: at a call. */
  readonly atMs: number | null;
  /** The number of the call of the process that it dies at. */
  readonly call: number;
  /** After the call has had its effect. */
  readonly after: boolean;
}

export interface Fault {
  /** The name of a call, or `any`. */
  readonly name: string;
  /** A kind of file, or `any`. */
  readonly on: string;
  /** It strikes at the n-th such call of the life. */
  readonly from: number;
  readonly code: string | null;
  /** Once, three times, or (`null`) until so much time has passed. */
  readonly times: number | null;
  readonly healedAfterMs: number;
  /** Instead of failing: it takes so long. */
  readonly delayMs: number;
  /** Instead of failing: a write takes so many bytes. */
  readonly atMost: number | null;
}

export type FrameKind = 'object' | 'wide' | 'text' | 'binary' | 'long' | 'empty';

export type Step =
  | {
      readonly do: 'frames';
      readonly connection: number;
      readonly count: number;
      readonly of: FrameKind;
      readonly everyMs: number;
    }
  | { readonly do: 'open' | 'close' | 'sent' | 'gap'; readonly connection: number }
  | { readonly do: 'wait'; readonly ms: number }
  /** Waits until nearly nothing waits to be written. */
  | { readonly do: 'drain' }
  /** The wall clock steps. */
  | { readonly do: 'wall'; readonly ms: number }
  /** So much room is left beyond what is used; `null`: any amount. */
  | { readonly do: 'room'; readonly bytes: number | null; readonly inodes: number | null }
  /** The process stands still. */
  | { readonly do: 'freeze'; readonly ms: number }
  /** Another writer tries to start. */
  | { readonly do: 'rival'; readonly namespace: string }
  /** Another program unpacks the first compressed segment beside its file, all of it or the start. */
  | { readonly do: 'unpack'; readonly whole: boolean }
  /** Another program takes the lock away, or writes into it. */
  | { readonly do: 'lock'; readonly how: 'removed' | 'overwritten' };

export const FILE_KINDS: Readonly<Record<string, RegExp>> = {
  any: /./,
  partial: /\.partial$/,
  plain: /\d\.ndjson$/,
  sidecar: /\.sha256(?:\.tmp)?$/,
  manifest: /manifest/,
  lock: /writer\.lock/,
  reserve: /reserve/,
  compressed: /\.(?:zst|gz)(?:\.tmp)?$/,
  torn: /\.torn/,
  folder: /\/capture$/,
};

/** What goes on in one world and not in another, so that each is rare in some and frequent in others. */
interface Flavour {
  readonly faults: boolean;
  readonly syncFaults: boolean;
  readonly full: boolean;
  readonly walls: boolean;
  readonly rivals: boolean;
  readonly crashes: number;
  readonly power: boolean;
  readonly slow: boolean;
  readonly odd: boolean;
}

export function planWorld(seed: number): WorldPlan {
  const random = seededRandom(seed);
  const syncFaults = random.chance(0.2);
  const flavour: Flavour = {
    faults: random.chance(0.5),
    syncFaults,
    full: random.chance(0.3),
    walls: random.chance(0.2),
    rivals: random.chance(0.2),
    crashes: random.pick([0.2, 0.6, 0.9]),
    // After a failed fsync a power cut takes what nobody can know to be gone.
    power: !syncFaults && random.chance(0.6),
    slow: random.chance(0.3),
    odd: random.chance(0.3),
  };
  const lives = Array.from({ length: random.whole(3, 8) }, () => planLife(random, flavour));
  return {
    seed,
    ordered: random.chance(0.5),
    posixAppend: random.chance(0.3),
    retention: random.chance(0.5) ? planRetention(random, flavour) : null,
    lives,
  };
}

function planRetention(random: SeededRandom, flavour: Flavour): RetentionPlan {
  const kinds = random.pick([
    ['segments'],
    ['bytes'],
    ['ms'],
    ['bytes', 'segments'],
    ...(flavour.full ? [['freeBytes']] : []),
  ]);
  return {
    ...(kinds.includes('segments') && { segments: random.whole(1, 8) }),
    ...(kinds.includes('bytes') && { bytes: random.whole(1, 40) * 1000 }),
    ...(kinds.includes('ms') && { ms: random.pick([1_000, 20_000, 120_000]) }),
    ...(kinds.includes('freeBytes') && { freeBytes: random.whole(1, 30) * 1000 }),
  };
}

function planLife(random: SeededRandom, flavour: Flavour): LifePlan {
  const faults: Fault[] = [];
  if (flavour.faults && random.chance(0.7)) {
    for (let n = random.whole(1, 4); n > 0; n -= 1) faults.push(planFault(random, flavour));
  }
  return {
    options: planOptions(random),
    steps: planSteps(random, flavour),
    faults,
    crash: random.chance(flavour.crashes)
      ? {
          how: flavour.power && random.chance(0.6) ? 'power' : 'kill',
          atMs: random.chance(0.3) ? random.pick([0, 15, 200]) : null,
          call: Math.ceil(random.next() ** 2 * 600),
          after: random.chance(0.5),
        }
      : null,
    repaired: random.chance(0.3),
    slowCalls: flavour.slow ? random.pick([0, 2, 20]) : 0,
    closedTwice: random.chance(0.2),
  };
}

function planOptions(random: SeededRandom): LifeOptions {
  return {
    rotateBytes: random.pick([900, 2_000, 2_000, 5_000, 20_000, 1_000_000]),
    rotateMs: random.pick([3_600_000, 3_600_000, 2_000, 100]),
    fsync: random.pick(['always', 'never', { everyMs: 1_000 }, { everyMs: 1_000 }, { everyMs: 20 }] as const),
    compress: random.pick(['none', 'zstd', 'gzip'] as const),
    maxQueuedBytes: random.pick([8_000, 64_000, 67_108_864]),
    reserveBytes: random.pick([0, 0, 4_096, 20_000]),
    maxFileBytes: random.chance(0.05) ? random.whole(3, 20) * 1000 : null,
    namespace: 'pid:[1]',
  };
}

/** Calls that a recording can't go on without, as often as all others together. */
const VITAL = [
  { name: 'write', on: 'partial' },
  { name: 'write', on: 'manifest' },
  { name: 'write', on: 'any' },
  { name: 'open', on: 'partial' },
  { name: 'open', on: 'manifest' },
  { name: 'rename', on: 'any' },
  { name: 'unlink', on: 'any' },
  { name: 'truncate', on: 'any' },
];
const VITAL_SYNCS = [
  { name: 'datasync', on: 'partial' },
  { name: 'datasync', on: 'manifest' },
  { name: 'datasync', on: 'any' },
  { name: 'sync', on: 'folder' },
];
const OTHERS = ['close', 'link', 'chmod', 'readdir', 'stat', 'readFile', 'read', 'statfs', 'utimes', 'mkdir'];

function planFault(random: SeededRandom, flavour: Flavour): Fault {
  const vital = random.pick(flavour.syncFaults ? [...VITAL, ...VITAL_SYNCS, ...VITAL_SYNCS] : VITAL);
  const other = { name: random.pick(OTHERS), on: random.pick(Object.keys(FILE_KINDS)) };
  const kind = random.whole(0, 9);
  return {
    ...(random.chance(0.6) ? vital : random.chance(0.5) ? { ...other, on: 'any' } : other),
    from: random.chance(0.5) ? random.whole(1, 6) : random.whole(1, 60),
    code: random.pick(['EIO', 'EIO', 'ENOSPC', 'EDQUOT', 'EMFILE', 'EACCES', 'EROFS', 'EINTR']),
    times: random.pick([1, 1, 3, null]),
    healedAfterMs: random.pick([50, 700, 5_000, 90_000]),
    delayMs: kind === 0 ? random.pick([30, 2_000, 40_000]) : 0,
    atMost: kind === 1 ? random.pick([1, 7, 300]) : null,
  };
}

function planSteps(random: SeededRandom, flavour: Flavour): Step[] {
  const steps: Step[] = [];
  const open: number[] = [];
  let connections = 0;
  const start = (): void => {
    steps.push({ do: 'open', connection: connections });
    open.push(connections);
    connections += 1;
  };
  if (random.chance(0.9)) start();
  for (let n = random.whole(2, 14); n > 0; n -= 1) {
    const connection = open.length > 0 ? random.pick(open) : 0;
    const kind = random.next();
    if (kind < 0.1 || open.length === 0) start();
    else if (kind < 0.15) steps.push({ do: 'close', connection: open.splice(0, 1)[0] as number });
    else if (kind < 0.2) steps.push({ do: 'sent', connection });
    else if (kind < 0.24) steps.push({ do: 'gap', connection });
    else if (kind < 0.27) steps.push({ do: 'drain' });
    else if (kind < 0.4) steps.push({ do: 'wait', ms: random.pick([1, 15, 300, 1_500, 12_000, 70_000]) });
    else steps.push(...happening(random, flavour, connection));
  }
  if (flavour.full) steps.push({ do: 'room', bytes: null, inodes: null });
  if (random.chance(0.5)) steps.push({ do: 'wait', ms: random.pick([5, 600, 3_000]) });
  return steps;
}

function happening(random: SeededRandom, flavour: Flavour, connection: number): Step[] {
  if (flavour.walls && random.chance(0.15)) {
    return [{ do: 'wall', ms: random.pick([-3_600_000, -60_000, -80, 200, 30_000, 86_400_000 * 40]) }];
  }
  if (flavour.full && random.chance(0.2)) {
    return [
      random.chance(0.3)
        ? { do: 'room', bytes: null, inodes: random.whole(0, 2) }
        : { do: 'room', bytes: random.pick([0, 10, 700, 3_000, 30_000]), inodes: null },
    ];
  }
  if (flavour.rivals && random.chance(0.2)) {
    const rival = { do: 'rival', namespace: random.pick(['pid:[1]', 'pid:[2]']) } as const;
    const kind = random.whole(0, 3);
    if (kind === 0) return [{ do: 'freeze', ms: random.pick([8_000, 33_000, 300_000]) }, rival];
    if (kind === 1) return [{ do: 'lock', how: random.pick(['removed', 'overwritten'] as const) }, rival];
    return [rival];
  }
  if (flavour.odd && random.chance(0.15)) return [{ do: 'unpack', whole: random.chance(0.3) }];
  const of: FrameKind = flavour.odd
    ? random.pick(['object', 'wide', 'text', 'binary', 'empty', 'long'] as const)
    : random.pick(['object', 'object', 'object', 'wide'] as const);
  return [
    {
      do: 'frames',
      connection,
      count: of === 'long' ? 1 : random.pick([1, 3, 10, 30]),
      of,
      everyMs: random.pick([0, 0, 1, 30]),
    },
  ];
}
