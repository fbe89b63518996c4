// @module-tag slow

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { zstdCompressSync } from 'node:zlib';
import { frames, openCapture, replay, stepThrough } from '@feedtape/capture/node';
import type { Capture, CapturedFrame, FrameStream } from '@feedtape/capture/node';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameLine, headerLine, sealedText, temporaryFolder } from '../capture-files.ts';

/** Frames of every kind; many of them longer than a block has room left, so that blocks end anywhere. */
const tape = fc.array(
  fc.record({
    connection: fc.nat(2),
    bytes: fc.integer({ min: 5_000, max: 40_000 }),
    fill: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    json: fc.boolean(),
    binary: fc.boolean(),
  }),
  { minLength: 20, maxLength: 60 },
);

interface Read {
  readonly connection: number;
  readonly index: number;
  readonly at: string;
  readonly mono: number;
  readonly binary: boolean;
  readonly sha1: string;
}

const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

const read = (frame: CapturedFrame): Read => ({
  connection: frame.connection,
  index: frame.index,
  at: frame.at,
  mono: frame.mono,
  binary: frame.binary,
  sha1: sha1(frame.bytes),
});

async function oneByOne(stream: AsyncIterable<CapturedFrame>): Promise<Read[]> {
  const seen: Read[] = [];
  for await (const frame of stream) seen.push(read(frame));
  return seen;
}

async function byBatches(stream: FrameStream, reuse: boolean | undefined): Promise<Read[]> {
  const seen: Read[] = [];
  for await (const batch of stream.batches(reuse === undefined ? {} : { reuse }))
    seen.push(...batch.map(read));
  return seen;
}

/** Keeps every frame, and only looks when the last one has come. */
async function keptToTheEnd(stream: AsyncIterable<CapturedFrame>): Promise<Read[]> {
  const kept: CapturedFrame[] = [];
  for await (const frame of stream) kept.push(frame);
  await setImmediate();
  return kept.map(read);
}

async function allKept(batches: AsyncIterable<readonly CapturedFrame[]>): Promise<Read[]> {
  const kept: CapturedFrame[] = [];
  for await (const batch of batches) kept.push(...batch);
  return kept.map(read);
}

async function byStep(capture: Capture): Promise<Read[]> {
  const stepper = stepThrough(capture);
  return (await stepper.advance(Number.POSITIVE_INFINITY)).map(read);
}

async function recorded(path: string, reuse: boolean): Promise<string[]> {
  const kinds: string[] = [];
  for await (const record of openCapture(path, { reuse })) {
    kinds.push(record.kind === 'frame' ? sha1(record.payload) : record.kind);
  }
  return kinds;
}

test('every way of reading gives the same frames, and without `reuse` they stay as they are', async () => {
  const folder = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(tape, fc.boolean(), async (inputs, compressed) => {
      const next = new Map<number, number>();
      const texts = inputs.map(({ bytes, fill, json }) =>
        json ? `{"a":"${fill.repeat(bytes)}"}` : fill.repeat(bytes),
      );
      const lines = inputs.map(({ connection, binary }, n) => {
        const index = next.get(connection) ?? 0;
        next.set(connection, index + 1);
        return frameLine({ connection, binary, index, ms: n, text: texts[n] ?? '' });
      });
      const { bytes } = sealedText([headerLine(), ...lines]);
      const path = join(folder, compressed ? 'tape.ndjson.zst' : 'tape.ndjson');
      writeFileSync(path, compressed ? zstdCompressSync(bytes) : bytes);
      const expected = await oneByOne(frames(path));
      expect(expected.map((frame) => frame.sha1)).toEqual(texts.map((text) => sha1(Buffer.from(text))));

      const max = { speed: 'max' } as const;
      const fast = { speed: 1e9 } as const;
      const ways: Record<string, Promise<Read[]>> = {
        'frames, reuse': oneByOne(frames(path, { reuse: true })),
        'batches, reuse': byBatches(frames(path), true),
        'batches of a reusing stream': byBatches(frames(path, { reuse: true }), undefined),
        'replay, reuse': oneByOne(replay(path, { ...max, reuse: true })),
        'replay of a reusing capture': oneByOne(replay(openCapture(path, { reuse: true }), max)),
        'paced replay, reuse': oneByOne(replay(path, { ...fast, reuse: true })),
        'frames, kept': keptToTheEnd(frames(path)),
        'replay, kept': keptToTheEnd(replay(path, max)),
        'paced replay, kept': keptToTheEnd(replay(path, fast)),
        'steps of a reusing capture, kept': byStep(openCapture(path, { reuse: true })),
        'batches, kept': allKept(frames(path).batches()),
        'batches of a reusing stream, kept': allKept(frames(path, { reuse: true }).batches({ reuse: false })),
      };
      for (const [way, seen] of Object.entries(ways))
        expect({ way, seen: await seen }).toEqual({ way, seen: expected });
      expect(await recorded(path, true)).toEqual(await recorded(path, false));
    }),
    // A smaller capture would be one block, which nothing is read into again.
    { numRuns: 20, endOnFailure: true },
  );
});
