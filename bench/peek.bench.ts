import { peek } from '@feedtape/protocol';
import { inChunks } from './frame-chunks.ts';
import type { Bench } from './measure.ts';
import { mixedTraffic, SHORT_MIX } from './traffic.ts';

function summing(channelOf: (frame: Buffer) => string | undefined) {
  return () => {
    const frames = inChunks(mixedTraffic(SHORT_MIX));
    return () => {
      for (const frame of frames)
        if (channelOf(frame) === undefined) throw new Error('a frame without a channel');
      return frames.length;
    };
  };
}

/** Reading the channel and the number without decoding. */
export const peeking: Bench = {
  title: 'Peek at the traffic mix',
  unit: 'frame',
  warmUps: 3,
  subjects: {
    'JSON.parse(buffer.toString())': summing(
      (frame) => (JSON.parse(frame.toString()) as { channel: string }).channel,
    ),
    'peek(bytes)': summing((frame) => peek(frame).channel),
  },
};
