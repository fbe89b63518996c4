import { createRandom } from '../model/random.ts';
import {
  type ConnectionFault,
  type Fault,
  type FaultRule,
  isConnectionFault,
  isHandshakeFault,
} from './fault.ts';
import { createTrigger, type Trigger } from './trigger.ts';

/** A rule in force, with the number to take it back by. */
export interface ActiveRule {
  readonly id: number;
  readonly rule: FaultRule;
}

/** Lies on command: rules that stand, and faults that strike now. */
export interface FaultControl {
  readonly rules: readonly ActiveRule[];
  /** Puts a rule in force, for open and for coming connections; returns its id. */
  add(rule: FaultRule): number;
  /** False when there is no such rule (any more). */
  remove(id: number): boolean;
  clear(): void;
  /**
   * Strikes once, on one open connection or on all: a connection fault at once, any other at the next frame that
   * fits. A handshake fault strikes the next attempt.
   */
  inject(fault: Fault, target?: InjectionTarget): void;
}

export type InjectionTarget = Pick<FaultRule, 'connection' | 'channel' | 'product'>;

/** The rules as the exchange's connections see them. */
export interface FaultRules extends FaultControl {
  /** Grows with every change, so that connections notice. */
  readonly version: () => number;
  /** Fresh triggers of the rules that concern a connection and are not in `known` yet. */
  triggersFor(connection: number, known: ReadonlyMap<number, Trigger>): Map<number, Trigger>;
  /** Handshake faults that strike this attempt. */
  handshake(attempt: number): Fault[];
}

interface Entry extends ActiveRule {
  /** Injected faults concern only connections that were open then. */
  readonly onlyBefore: number;
}

export interface FaultRulesPorts {
  readonly seed: number;
  /** How many connections there have been. */
  connectionCount(): number;
  /** Strikes open connections at once. */
  strike(fault: ConnectionFault, connection: number | undefined): void;
}

export function createFaultRules(initial: readonly FaultRule[], ports: FaultRulesPorts): FaultRules {
  const entries = new Map<number, Entry>();
  const attempts = new Map<number, Trigger>();
  let nextId = 0;
  let version = 0;

  const put = (rule: FaultRule, onlyBefore: number): number => {
    const id = nextId;
    nextId += 1;
    version += 1;
    entries.set(id, { id, rule, onlyBefore });
    return id;
  };
  const triggerOf = ({ id, rule }: Entry, whom: string): Trigger =>
    createTrigger(rule, createRandom(ports.seed, `fault ${id} ${whom}`));

  for (const rule of initial) put(rule, Number.POSITIVE_INFINITY);

  return {
    version: () => version,
    get rules() {
      return [...entries.values()].map(({ id, rule }) => ({ id, rule }));
    },
    add: (rule) => put(rule, Number.POSITIVE_INFINITY),
    remove(id) {
      version += 1;
      attempts.delete(id);
      return entries.delete(id);
    },
    clear() {
      version += 1;
      entries.clear();
      attempts.clear();
    },
    inject(fault, target = {}) {
      if (isConnectionFault(fault)) ports.strike(fault, target.connection);
      else put({ ...target, fault, times: 1 }, isHandshakeFault(fault) ? Infinity : ports.connectionCount());
    },
    triggersFor(connection, known) {
      const triggers = new Map<number, Trigger>();
      for (const entry of entries.values()) {
        const { rule, id } = entry;
        if (isHandshakeFault(rule.fault) || connection >= entry.onlyBefore) continue;
        if (rule.connection !== undefined && rule.connection !== connection) continue;
        triggers.set(id, known.get(id) ?? triggerOf(entry, `connection ${connection}`));
      }
      return triggers;
    },
    handshake(attempt) {
      const faults: Fault[] = [];
      for (const entry of entries.values()) {
        const { rule, id } = entry;
        if (!isHandshakeFault(rule.fault)) continue;
        if (rule.connection !== undefined && rule.connection !== attempt) continue;
        const trigger = attempts.get(id) ?? triggerOf(entry, 'handshake');
        attempts.set(id, trigger);
        if (trigger.strikes({ frame: attempt, ageMs: Number.POSITIVE_INFINITY })) faults.push(rule.fault);
      }
      return faults;
    },
  };
}
