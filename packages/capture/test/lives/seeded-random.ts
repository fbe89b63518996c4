/** Numbers that a seed alone decides. */
export interface SeededRandom {
  /** From 0 up to 1, which is not among them. */
  next(): number;
  /** A whole number from `from` to `to`, both among them. */
  whole(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** A generator of its own, so that what one part draws does not move another. */
  fork(name: string): SeededRandom;
}

/** Mixes text and numbers into 32 bits (FNV-1a with a final avalanche). */
export function mixed(...parts: readonly (number | string)[]): number {
  let hash = 0x81_1c_9d_c5;
  for (const part of parts) {
    for (const letter of `${part}/`) {
      hash = Math.imul(hash ^ (letter.codePointAt(0) as number), 0x01_00_01_93);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** mulberry32 */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const random: SeededRandom = {
    next() {
      state = (state + 0x6d_2b_79_f5) >>> 0;
      let mix = state;
      mix = Math.imul(mix ^ (mix >>> 15), mix | 1);
      mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
      return ((mix ^ (mix >>> 14)) >>> 0) / 2 ** 32;
    },
    whole: (from, to) => from + Math.floor(random.next() * (to - from + 1)),
    chance: (probability) => random.next() < probability,
    pick: (from) => from[random.whole(0, from.length - 1)] as (typeof from)[number],
    fork: (name) => seededRandom(mixed(seed, name)),
  };
  return random;
}
