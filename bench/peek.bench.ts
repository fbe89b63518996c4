import { peek } from '@feedtape/protocol';
import { mixOf, onFreshFrames, parse } from './decode.bench.ts';
import type { Bench } from './measure.ts';

/** Reading the channel and the number without decoding. */
export const peeking: Bench = {
  title: 'Peek at the traffic mix',
  unit: 'frame',
  subjects: {
    'JSON.parse(buffer.toString())': () => onFreshFrames(mixOf, parse),
    'peek(bytes)': () => onFreshFrames(mixOf, (frame) => peek(frame).channel),
  },
};
