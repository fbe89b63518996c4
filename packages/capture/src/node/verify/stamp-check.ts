import { AT_LENGTH } from '../read/frame-view.ts';
import { parseTimestamp } from '../../format/timestamp.ts';

const SECOND_LENGTH = 19;

/**
 * Checks the stamps that the quick way of reading a frame takes on trust. The second is parsed when it
 * changes, the fraction is looked at digit by digit.
 */
export function createStampCheck(): (bytes: Buffer, at: number) => boolean {
  const known = Buffer.alloc(SECOND_LENGTH);
  return (bytes, at) => {
    if (bytes.compare(known, 0, SECOND_LENGTH, at, at + SECOND_LENGTH) === 0)
      return isFraction(bytes, at + SECOND_LENGTH);
    if (parseTimestamp(bytes.toString('latin1', at, at + AT_LENGTH)) === undefined) return false;
    bytes.copy(known, 0, at, at + SECOND_LENGTH);
    return true;
  };
}

/** `.123456789Z` */
function isFraction(bytes: Buffer, from: number): boolean {
  for (let at = from + 1; at < from + 10; at += 1) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return bytes[from] === 0x2e && bytes[from + 10] === 0x5a;
}
