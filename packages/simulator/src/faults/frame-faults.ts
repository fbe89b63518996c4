import { below, type Random } from '../model/random.ts';
import type { FrameFault } from './fault.ts';

/** The bytes of a frame after a fault that changes them; undefined for faults that change only its outcome. */
export function spoil(bytes: Buffer, fault: FrameFault, random: Random): Buffer | undefined {
  switch (fault.kind) {
    case 'truncate':
      return bytes.subarray(0, Math.min(bytes.length, fault.bytes ?? bytes.length >> 1));
    case 'corrupt': {
      // Bits 0 to 4 of a byte that is no control character and no delete: it stays what UTF-8 allows.
      const copy = Buffer.from(bytes);
      const at = below(random, copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 5));
      return copy;
    }
    case 'invalid-utf8': {
      const copy = Buffer.from(bytes);
      copy[below(random, copy.length)] = 0xff;
      return copy;
    }
    case 'drop':
    case 'duplicate':
    case 'swap':
    case 'delay':
    case 'binary':
    case 'drip':
      return undefined;
  }
}
