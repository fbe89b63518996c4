import { below, createRandom, type Random } from '../model/random.ts';
import type { Fault, FaultRule } from './fault.ts';

/** Each draws its own figures. */
const STREAM_FAULTS: readonly ((random: Random) => Fault)[] = [
  () => ({ kind: 'drop' }),
  (random) => ({ kind: 'duplicate', copies: 1 + below(random, 3) }),
  () => ({ kind: 'swap' }),
  (random) => ({ kind: 'delay', ms: 1 + below(random, 400) }),
  () => ({ kind: 'truncate' }),
  () => ({ kind: 'corrupt' }),
  () => ({ kind: 'binary' }),
  () => ({ kind: 'unknown-channel' }),
  () => ({ kind: 'unknown-fields' }),
  (random) => ({ kind: 'huge', bytes: 100_000 + below(random, 2_000_000) }),
  (random) => ({ kind: 'missing-trades', count: 1 + below(random, 3) }),
  () => ({ kind: 'crossed-book' }),
];

const CONNECTION_FAULTS: readonly ((random: Random) => Fault)[] = [
  (random) => ({ kind: 'close', code: 1000 + below(random, 2), withData: random() < 0.5 }),
  (random) => ({ kind: 'close', code: 4000 + below(random, 1000) }),
  () => ({ kind: 'terminate' }),
  () => ({ kind: 'reset' }),
  () => ({ kind: 'half-open' }),
  () => ({ kind: 'sequence-restart' }),
  () => ({ kind: 'invalid-utf8' }),
  (random) => ({ kind: 'silence', ms: 1_000 + below(random, 20_000) }),
];

const HANDSHAKE_FAULTS: readonly ((random: Random) => Fault)[] = [
  (random) => ({ kind: 'handshake', status: 429, retryAfterSeconds: 1 + below(random, 3) }),
  () => ({ kind: 'handshake', status: 503 }),
  () => ({ kind: 'close-on-accept', code: 1001 }),
  (random) => ({ kind: 'clock-skew', ms: below(random, 600_000) - 300_000 }),
];

/**
 * A world of its own for each seed: the seed chooses which faults exist at all (about half of them) and how often
 * they strike. Frame faults strike one frame in 30 to 1,000, faults that end a connection one in 500 to 10,000,
 * those of the handshake one attempt in 2 to 10.
 */
export function swarmFaults(seed: number): readonly FaultRule[] {
  const random = createRandom(seed, 'swarm');
  const choose = (
    faults: readonly ((random: Random) => Fault)[],
    [rarest, commonest]: readonly [number, number],
  ): FaultRule[] =>
    faults
      .map((draw) => ({
        fault: draw(random),
        chance: rarest * (commonest / rarest) ** random(),
        exists: random() < 0.5,
      }))
      .filter(({ exists }) => exists)
      .map(({ fault, chance }) => ({ fault, chance }));
  return [
    ...choose(STREAM_FAULTS, [0.001, 0.03]),
    ...choose(CONNECTION_FAULTS, [0.000_1, 0.002]),
    ...choose(HANDSHAKE_FAULTS, [0.1, 0.5]),
  ];
}
