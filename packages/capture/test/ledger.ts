import { createHash } from 'node:crypto';

/**
 * The frames that a test offers a writer, each made from a seed and its place alone: whoever knows those knows
 * what must be found on the disk, and needs no word from a process that was killed.
 */
export function ledgerFrame(
  seed: number,
  connection: number,
  index: number,
): { bytes: Buffer; binary: boolean } {
  const random = createHash('md5').update(`${seed}/${connection}/${index}`).digest();
  const kind = random[0] ?? 0;
  const filler = 'x'.repeat(((random[1] ?? 0) << 2) | 3);
  const object = `{"channel":"heartbeats","connection":${connection},"sequence_num":${index},"filler":"${filler}"}`;
  if (kind < 4) return { bytes: Buffer.concat([Buffer.from(object), Buffer.of(0x0a)]), binary: false };
  if (kind < 8) return { bytes: random, binary: kind < 6 };
  if (kind < 12) return { bytes: Buffer.from(`{}}\n{"kind":"end","offset":${index}}\n`), binary: false };
  return { bytes: Buffer.from(object), binary: false };
}

/** Which connection and index the n-th frame of a ledger has. */
export function ledgerPlace(n: number, connections: number): { connection: number; index: number } {
  return { connection: n % connections, index: Math.floor(n / connections) };
}
