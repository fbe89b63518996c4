import { createLevel2Decoder, decode } from '@feedtape/protocol';
import { inChunks } from './frame-chunks.ts';
import type { Bench, Work } from './measure.ts';
import { mixedTraffic, realTraffic, SHORT_MIX, snapshotFrame } from './traffic.ts';

const parse = (frame: Buffer): unknown => JSON.parse(frame.toString());

function each(frames: readonly Buffer[], action: (frame: Buffer) => unknown, repeat = 1): Work {
  return () => {
    let seen = 0;
    for (let round = 0; round < repeat; round += 1) {
      for (const frame of frames) if (action(frame) !== undefined) seen += 1;
    }
    if (seen === 0) throw new Error('nothing was decoded');
    return frames.length * repeat;
  };
}

const contenders = (frames: () => Buffer[], repeat?: number): Bench['subjects'] => ({
  'JSON.parse(buffer.toString())': () => each(frames(), parse, repeat),
  'decode(bytes)': () => each(frames(), (frame) => decode(frame), repeat),
  'decode(text), the plain path: JSON.parse + zod': () =>
    each(frames(), (frame) => decode(frame.toString()), repeat),
});

/** The seeded traffic mix. */
export const mix: Bench = {
  title: 'Decode the traffic mix',
  unit: 'frame',
  warmUps: 3,
  subjects: contenders(() => inChunks(mixedTraffic(SHORT_MIX))),
  notes: ['100,000 frames of 10 products after their snapshots of 6,000 levels; about 650 bytes a frame.'],
};

/** The published frames. */
export const real: Bench = {
  title: 'Decode the frames of a production session',
  unit: 'frame',
  warmUps: 3,
  subjects: contenders(() => inChunks(realTraffic(30_000))),
};

/** One product's book as the exchange sends it at the start. */
export const snapshot: Bench = {
  title: 'Decode a snapshot of 40,000 levels',
  unit: 'frame',
  warmUps: 3,
  subjects: {
    ...contenders(() => inChunks([snapshotFrame(40_000)]), 20),
    'createLevel2Decoder()': () => each(inChunks([snapshotFrame(40_000)]), createLevel2Decoder(), 20),
  },
};
