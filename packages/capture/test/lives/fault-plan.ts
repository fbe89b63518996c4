import { FILE_KINDS } from './world-plan.ts';
import type { Fault, LifePlan } from './world-plan.ts';
import type { CallFate, CallPlan, DiskCall } from './mounted-disk.ts';
import type { SeededRandom } from './seeded-random.ts';

/** The faults of a life, as the disk asks for them. */
export interface FaultPlan extends CallPlan {
  /** Calls that were made to fail, to wait or to write short. */
  readonly struck: number;
  /** The last write to a segment failed, or taking away what is in the way of the last word: half a line, or a file. */
  readonly isMute: boolean;
  /** The lock was out of sight for so long that the folder may be another's. */
  readonly isLockLost: boolean;
}

/** Who has not seen its lock for so long may not count on it any more. */
const UNSEEN_MS = 10_000;

export function createFaultPlan(
  { faults, crash, slowCalls }: Pick<LifePlan, 'faults' | 'crash' | 'slowCalls'>,
  surroundings: {
    readonly random: SeededRandom;
    readonly nowMs: () => number;
    readonly onCrash: () => void;
  },
): FaultPlan {
  const { random, nowMs, onCrash } = surroundings;
  const fatal = crash?.atMs === null ? crash : null;
  const states = faults.map((fault) => ({ fault, seen: 0, struck: 0, sinceMs: Number.NaN }));
  let struck = 0;
  let isMute = false;
  let lockSeenMs = nowMs();
  let isLockLost = false;

  function noteLook({ code, delayMs = 0 }: CallFate): void {
    if (code === undefined) lockSeenMs = nowMs();
    isLockLost ||= nowMs() + delayMs - lockSeenMs >= UNSEEN_MS;
  }

  function strikes(state: (typeof states)[number], { name, path }: DiskCall): boolean {
    const { fault } = state;
    if (fault.name !== 'any' && fault.name !== name) return false;
    if (!(FILE_KINDS[fault.on] as RegExp).test(path)) return false;
    state.seen += 1;
    if (state.seen < fault.from) return false;
    if (fault.times !== null) return state.seen < fault.from + fault.times;
    if (Number.isNaN(state.sinceMs)) state.sinceMs = nowMs();
    return nowMs() < state.sinceMs + fault.healedAfterMs;
  }

  return {
    get struck() {
      return struck;
    },
    get isMute() {
      return isMute;
    },
    get isLockLost() {
      return isLockLost;
    },
    before(call) {
      if (fatal !== null && !fatal.after && call.number === fatal.call) {
        onCrash();
        return {};
      }
      const state = states.find((candidate) => strikes(candidate, call));
      const fate = state && fateOf(state.fault, call);
      if (['write', 'unlink', 'truncate'].includes(call.name) && call.path.endsWith('.partial'))
        isMute = fate?.code !== undefined || (isMute && call.name === 'truncate');
      if (call.name === 'readFile' && call.path.endsWith('/writer.lock')) noteLook(fate ?? {});
      if (fate !== undefined) {
        struck += 1;
        return fate;
      }
      if (slowCalls === 0 || random.next() * 100 >= slowCalls) return {};
      return { delayMs: random.pick([0.1, 3, 25]), effectFirst: random.chance(0.5) };
    },
    after(call) {
      if (fatal !== null && fatal.after && call.number === fatal.call) onCrash();
    },
    shuffled(names) {
      const left = [...names];
      return names.map(() => left.splice(random.whole(0, left.length - 1), 1)[0] as string);
    },
  };
}

function fateOf({ code, delayMs, atMost }: Fault, { name }: DiskCall): CallFate {
  if (delayMs > 0) return { delayMs };
  if (atMost !== null && name === 'write') return { atMost };
  return { code: code ?? 'EIO' };
}
