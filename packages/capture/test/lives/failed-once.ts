import type { Crash, Fault, LifeOptions, LifePlan, Step, WorldPlan } from './world-plan.ts';

// Worlds that failed once, each made as small as it goes.

const OPTIONS: LifeOptions = {
  rotateBytes: 2_000,
  rotateMs: 3_600_000,
  fsync: { everyMs: 1_000 },
  compress: 'none',
  maxQueuedBytes: 64_000,
  reserveBytes: 0,
  maxFileBytes: null,
  namespace: 'pid:[1]',
};

type Part = Partial<Omit<LifePlan, 'options'>> & { readonly options?: Partial<LifeOptions> };

function life({ options, ...part }: Part = {}): LifePlan {
  return {
    steps: [],
    faults: [],
    crash: null,
    repaired: false,
    slowCalls: 0,
    closedTwice: false,
    ...part,
    options: { ...OPTIONS, ...options },
  };
}

function world(seed: number, lives: readonly LifePlan[], part: Partial<WorldPlan> = {}): WorldPlan {
  return { seed, ordered: true, posixAppend: false, retention: null, lives, ...part };
}

function frames(connection: number, count: number, part: { of?: 'wide'; everyMs?: number } = {}): Step {
  return { do: 'frames', connection, count, of: 'object', everyMs: 0, ...part };
}

function dies(how: Crash['how'], call: number, after = true): Crash {
  return { how, call, after, atMs: null };
}

function fault(name: string, on: string, part: Partial<Fault>): Fault {
  return { name, on, from: 1, code: 'EIO', times: 1, healedAfterMs: 0, delayMs: 0, atMost: null, ...part };
}

export const failedOnce: readonly { readonly what: string; readonly plan: WorldPlan }[] = [
  {
    what: 'what was dropped when a writer was closed on a full disk stood nowhere',
    plan: world(22, [
      life({
        options: { rotateBytes: 5_000, fsync: 'always' },
        steps: [
          { do: 'room', bytes: 3_000, inodes: null },
          { do: 'close', connection: 0 },
          frames(1, 9, { everyMs: 30 }),
        ],
      }),
    ]),
  },
  {
    what: 'after unlinks that failed, retention deleted newer segments than it kept',
    plan: world(
      16,
      [
        life({
          options: { rotateBytes: 900, compress: 'zstd' },
          steps: [frames(0, 1)],
          faults: [fault('unlink', 'any', { code: 'ENOSPC', times: 3 })],
        }),
      ],
      { retention: { ms: 120_000 } },
    ),
  },
  {
    what: 'a wall clock that was set back made a live holder in another container look dead',
    plan: world(30, [
      life({
        steps: [
          { do: 'wall', ms: -3_600_000 },
          { do: 'rival', namespace: 'pid:[2]' },
        ],
      }),
    ]),
  },
  {
    what: 'a writer whose lock was taken away wrote on into a segment that another had sealed',
    plan: world(43, [
      life({
        options: { rotateBytes: 20_000, fsync: { everyMs: 20 } },
        steps: [
          { do: 'lock', how: 'removed' },
          { do: 'rival', namespace: 'pid:[1]' },
          { do: 'close', connection: 1 },
        ],
      }),
    ]),
  },
  {
    what: 'the draft of a lock stayed for ever when its process was killed',
    plan: world(31, [life({ crash: dies('kill', 5) })]),
  },
  {
    what: 'two appenders wrote over lines of the manifest where a write goes where it says',
    plan: world(
      282,
      [
        life({
          options: { rotateBytes: 900, compress: 'gzip' },
          steps: [frames(1, 13)],
          slowCalls: 20,
        }),
      ],
      { posixAppend: true },
    ),
  },
  {
    what: 'verify called a hole unsaid that stood where a power cut had left its gap',
    plan: world(33, [
      life({
        options: { rotateBytes: 900, fsync: 'never' },
        steps: [frames(0, 27)],
        crash: dies('power', 255, false),
      }),
    ]),
  },
  {
    what: 'a request that was kept for later lost its memory to the queue, and the statement of drops with it',
    plan: world(23, [
      life({
        options: { rotateBytes: 5_000, fsync: { everyMs: 20 } },
        steps: [
          frames(1, 3, { of: 'wide' }),
          frames(0, 9),
          { do: 'sent', connection: 2 },
          frames(2, 1, { of: 'wide' }),
        ],
        faults: [fault('datasync', 'any', { from: 4, code: 'EINTR', times: null, healedAfterMs: 90_000 })],
      }),
    ]),
  },
  {
    what: 'a rotation between the end of a connection and its record hid what had been dropped of it',
    plan: world(191, [
      life({
        options: { fsync: 'always', maxQueuedBytes: 8_000 },
        steps: [frames(0, 5, { of: 'wide' }), { do: 'close', connection: 0 }, { do: 'wait', ms: 5 }],
        crash: dies('kill', 79, false),
      }),
    ]),
  },
  {
    what: 'blocks that a power cut took from the middle of a file were sealed as lines',
    plan: world(
      5,
      [
        life({
          options: { rotateBytes: 1_000_000, fsync: 'never' },
          steps: [
            frames(0, 30, { of: 'wide' }),
            { do: 'wait', ms: 300 },
            frames(0, 3, { of: 'wide' }),
            { do: 'wait', ms: 300 },
          ],
          crash: { how: 'power', call: 0, after: true, atMs: 0 },
        }),
      ],
      { ordered: false },
    ),
  },
  {
    what: 'a compressed copy that the manifest never named counted as a deletion of its own at the next start',
    plan: world(
      40_237,
      [
        life({
          options: { rotateBytes: 20_000, fsync: 'never', compress: 'zstd', maxQueuedBytes: 8_000 },
          steps: [frames(0, 29, { of: 'wide', everyMs: 1 })],
          faults: [fault('open', 'manifest', { from: 5, code: 'ENOSPC', times: 3 })],
        }),
      ],
      { retention: { bytes: 16_000 } },
    ),
  },
  {
    what: 'the same, of a copy by gzip and a manifest that could not be opened',
    plan: world(
      80_081,
      [
        life({
          options: { rotateBytes: 900, compress: 'gzip' },
          steps: [{ do: 'open', connection: 0 }, frames(0, 1), frames(0, 10)],
          faults: [fault('open', 'manifest', { from: 3, times: 3 })],
        }),
      ],
      { retention: { bytes: 5_000 } },
    ),
  },
  {
    what: 'a deletion that was announced, and done when other segments had been compressed, counted as needless',
    plan: world(
      1_029,
      [
        life({
          options: { rotateBytes: 5_000, rotateMs: 100, fsync: 'always', maxQueuedBytes: 8_000 },
          steps: [
            { do: 'close', connection: 0 },
            { do: 'wait', ms: 3_000 },
          ],
        }),
        life({
          options: { rotateBytes: 1_000_000, fsync: 'never', maxQueuedBytes: 8_000 },
          steps: [frames(0, 5, { of: 'wide', everyMs: 1 })],
          crash: dies('kill', 57, false),
        }),
        life({
          options: { rotateBytes: 20_000, fsync: { everyMs: 20 }, compress: 'zstd' },
          steps: [frames(0, 1)],
          faults: [fault('unlink', 'any', { from: 6, times: 3, healedAfterMs: 50 })],
        }),
      ],
      { retention: { segments: 7, bytes: 12_000 } },
    ),
  },
  {
    what: 'half a line that could not be cut off left no place for the last word, and that counted as forgotten',
    plan: world(1_692, [
      life({
        options: { rotateBytes: 1_000_000, fsync: 'never', maxQueuedBytes: 8_000 },
        steps: [
          frames(0, 2),
          { do: 'room', bytes: 700, inodes: null },
          frames(1, 1, { everyMs: 30 }),
          { do: 'room', bytes: null, inodes: null },
        ],
        faults: [fault('truncate', 'any', { code: 'EACCES', times: 3, healedAfterMs: 50 })],
      }),
    ]),
  },
  {
    what: 'a writer killed after another one had sealed its segment was held to what it had written since',
    plan: world(1_945, [
      life({
        options: { rotateBytes: 1_000_000, fsync: { everyMs: 20 } },
        steps: [
          { do: 'room', bytes: null, inodes: 2 },
          { do: 'lock', how: 'removed' },
          { do: 'rival', namespace: 'pid:[2]' },
          frames(0, 1),
        ],
        crash: { how: 'kill', call: 73, after: false, atMs: 0 },
      }),
    ]),
  },
  {
    what: 'a line for the manifest that came late overwrote those of the writer that had the folder by then',
    plan: world(
      1_403,
      [
        life({
          options: { rotateBytes: 5_000, fsync: 'never', maxQueuedBytes: 8_000 },
          steps: [
            frames(0, 6, { of: 'wide' }),
            { do: 'wait', ms: 15 },
            { do: 'lock', how: 'removed' },
            { do: 'rival', namespace: 'pid:[2]' },
          ],
          faults: [fault('write', 'manifest', { delayMs: 200 })],
        }),
      ],
      { posixAppend: true },
    ),
  },
  {
    what: 'a writer that could not read its lock for 40 s had no place for its last word, and that counted as forgotten',
    plan: world(3_495, [
      life({
        options: { rotateBytes: 20_000, maxQueuedBytes: 67_108_864 },
        steps: [frames(0, 5, { of: 'wide' }), frames(1, 1)],
        faults: [
          fault('readFile', 'any', { code: 'EMFILE', times: null, healedAfterMs: 5_000, delayMs: 40_000 }),
        ],
      }),
    ]),
  },
  {
    what: 'the same, and a recorder that took the folder counted as one beside it',
    plan: world(5_603, [
      life({
        options: { maxQueuedBytes: 8_000 },
        steps: [frames(2, 8), { do: 'rival', namespace: 'pid:[2]' }, { do: 'rival', namespace: 'pid:[2]' }],
        faults: [fault('readFile', 'any', { from: 2, code: 'ENOSPC', times: null, healedAfterMs: 90_000 })],
      }),
    ]),
  },
  {
    what: 'the same while it started, and that counted as a refusal without a reason',
    plan: world(3_847, [
      life({
        options: { rotateBytes: 20_000 },
        steps: [{ do: 'open', connection: 1 }],
        crash: { how: 'kill', call: 63, after: true, atMs: 200 },
      }),
      life({
        options: { rotateBytes: 20_000, fsync: { everyMs: 20 } },
        steps: [{ do: 'wall', ms: 3_456_000_000 }],
        faults: [fault('readFile', 'any', { from: 5, delayMs: 40_000 })],
      }),
    ]),
  },
  {
    what: 'the same when it had waited for room, and what it dropped counted as forgotten',
    plan: world(3_960, [
      life({
        options: { rotateBytes: 20_000, fsync: { everyMs: 20 } },
        steps: [
          { do: 'room', bytes: 0, inodes: null },
          frames(0, 1, { everyMs: 30 }),
          { do: 'room', bytes: null, inodes: null },
        ],
        faults: [fault('readFile', 'any', { from: 2, times: 3, delayMs: 40_000 })],
      }),
    ]),
  },
  {
    what: 'a segment that may not grow any more had no place for what was dropped, and was not sealed either',
    plan: world(5_193, [
      life({
        options: { rotateBytes: 900, fsync: { everyMs: 20 }, maxQueuedBytes: 8_000, maxFileBytes: 5_000 },
        steps: [frames(0, 2, { of: 'wide' })],
      }),
    ]),
  },
  {
    what: 'a segment that was sealed while the folder was listed counted as missing, and newer ones went before it',
    plan: world(
      6_363,
      [
        life({
          options: { rotateBytes: 1_000_000, fsync: { everyMs: 20 }, maxQueuedBytes: 8_000 },
          steps: [{ do: 'open', connection: 2 }],
        }),
        life({
          options: { rotateBytes: 5_000, fsync: 'always', maxQueuedBytes: 67_108_864 },
          steps: [frames(0, 2, { of: 'wide' })],
        }),
        life({
          options: { fsync: { everyMs: 20 } },
          steps: [frames(0, 1), frames(0, 1), frames(0, 12, { of: 'wide' })],
          faults: [fault('readFile', 'any', { code: 'ENOSPC', healedAfterMs: 90_000 })],
          repaired: true,
          slowCalls: 20,
        }),
      ],
      { retention: { bytes: 33_000 } },
    ),
  },
];
