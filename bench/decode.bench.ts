import { createLevel2Decoder, decode } from '@feedtape/protocol';
import { inChunks } from './frame-chunks.ts';
import type { Bench, Work } from './measure.ts';
import { mixedTraffic, realTraffic, SHORT_MIX, snapshotFrame } from './traffic.ts';

const WARM_UP_MS = 3_000;

/** Frames at once. A run over all of them would be one call, compiled while it runs, which garbage collection undoes. */
const BATCH = 500;

/** Frames of a seed. The real frames are the same for every seed. */
export type FramesOf = (seed: number) => readonly Buffer[];

/** 60,000 frames of 10 products after their snapshots of 3,600 levels. */
export const mixOf: FramesOf = (seed) =>
  inChunks(mixedTraffic({ ...SHORT_MIX, frames: 60_000, snapshotLevels: 3_600, seed }));

/**
 * An action on every frame. The run that warms up repeats its frames until the compiler has had time; the measured one
 * has frames of its own: a parser remembers short strings, so parsing the same frames again would measure something
 * that a live feed never does.
 */
export function onFreshFrames(framesOf: FramesOf, action: (frame: Buffer) => unknown): Work {
  const measured = framesOf(2);
  let warmUp: readonly Buffer[] | undefined = framesOf(1);
  const seenIn = (frames: readonly Buffer[], from: number): number => {
    let seen = 0;
    for (let index = from; index < from + BATCH && index < frames.length; index += 1) {
      if (action(frames[index]!) !== undefined) seen += 1;
    }
    return seen;
  };
  const run = (frames: readonly Buffer[]): number => {
    let seen = 0;
    for (let from = 0; from < frames.length; from += BATCH) seen += seenIn(frames, from);
    if (seen === 0) throw new Error('nothing was decoded');
    return frames.length;
  };
  return () => {
    if (warmUp === undefined) return run(measured);
    const until = performance.now() + WARM_UP_MS;
    while (performance.now() < until) run(warmUp);
    warmUp = undefined;
    return 1;
  };
}

/** What every other line is compared with. */
export const parse = (frame: Buffer): unknown => JSON.parse(frame.toString());

/** Frames that only the fallback reads: the exchange writes nothing after its last brace. */
const withNewline =
  (framesOf: FramesOf): FramesOf =>
  (seed) =>
    inChunks(framesOf(seed).map((frame) => `${frame.toString()}\n`));

const contenders = (framesOf: FramesOf): Bench['subjects'] => ({
  'JSON.parse(buffer.toString())': () => onFreshFrames(framesOf, parse),
  'decode(bytes)': () => onFreshFrames(framesOf, (frame) => decode(frame)),
  'decode(buffer.toString())': () => onFreshFrames(framesOf, (frame) => decode(frame.toString())),
  'decode(bytes), the fallback': () => onFreshFrames(withNewline(framesOf), (frame) => decode(frame)),
  'createLevel2Decoder()': () => onFreshFrames(framesOf, createLevel2Decoder()),
});

const NOTE =
  'Every run decodes frames that it has not seen before; the process has been warming up for three seconds. The fallback, `JSON.parse` and zod, gets frames that end with a newline.';

/** The seeded traffic mix. */
export const mix: Bench = {
  title: 'Decode the traffic mix',
  unit: 'frame',
  subjects: contenders(mixOf),
  notes: [
    NOTE,
    '60,000 frames of 10 products after their snapshots of 3,600 levels; about 650 bytes a frame.',
    '`createLevel2Decoder()` decodes the level2 frames (85 %) and tells of the others that they are none.',
  ],
};

/** The published frames. */
export const real: Bench = {
  title: 'Decode the frames of a production session',
  unit: 'frame',
  subjects: contenders(() => inChunks(realTraffic(20_000))),
  notes: [
    'The 34 published frames over and over with new sequence numbers: kinder to JSON.parse than a live feed.',
  ],
};

/** The books of ten products as the exchange sends them at the start. */
export const snapshot: Bench = {
  title: 'Decode snapshots of 40,000 levels',
  unit: 'frame',
  subjects: contenders((seed) =>
    Array.from({ length: 10 }, (_, index) => snapshotFrame(40_000, seed * 10 + index)).flatMap((text) =>
      inChunks([text]),
    ),
  ),
  notes: [NOTE],
};
