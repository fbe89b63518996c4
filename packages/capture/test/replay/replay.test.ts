import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { frames, openCapture, replay, stepThrough } from '@feedtape/capture/node';
import type { CapturedFrame, ReplayClock, ReplayOptions } from '@feedtape/capture/node';
import { expect, test } from 'vitest';
import { frameLine, headerLine, sealedText, temporaryFolder } from '../capture-files.ts';

/** When the frames were received, in ms since the first one. */
const TIMES = [0, 5, 5, 30, 1000, 1001];

function writeTape(times: readonly number[] = TIMES, run?: string): string {
  const path = join(temporaryFolder(), 'tape.ndjson');
  const records = times.map((ms, index) => frameLine({ index, ms: ms + 7 }));
  writeFileSync(path, sealedText([headerLine(run === undefined ? {} : { run }), ...records]).bytes);
  return path;
}

/** A clock that jumps to the next timer as soon as everybody waits. */
function simulatedClock(): ReplayClock {
  let nowMs = 5000;
  return {
    now: () => nowMs,
    setTimeout(wake, ms) {
      const handle = { cleared: false };
      setImmediate(() => {
        if (handle.cleared) return;
        nowMs += ms;
        wake();
      });
      return handle;
    },
    clearTimeout: (handle) => Object.assign(handle as object, { cleared: true }),
  };
}

async function timesOf(source: string, options: ReplayOptions): Promise<number[]> {
  const clock = options.clock ?? simulatedClock();
  const start = clock.now();
  const times: number[] = [];
  for await (const batch of replay(source, { ...options, clock }).batches()) {
    times.push(...batch.map(() => clock.now() - start));
  }
  return times;
}

test('frames are replayed at the recorded pace or at a multiple of it', async () => {
  const path = writeTape();
  expect(await timesOf(path, {})).toEqual(TIMES);
  expect(await timesOf(path, { speed: 10 })).toEqual([0, 1, 1, 3, 100, 101]);
  expect(await timesOf(path, { speed: 0.5 })).toEqual(TIMES.map((ms) => ms * 2));
  expect(await timesOf(path, { speed: 'max' })).toEqual(TIMES.map(() => 0));
  expect(await timesOf(path, { maxPauseMs: 100 })).toEqual([0, 5, 5, 30, 130, 131]);
});

test('a consumer that falls behind catches up and is then on time again', async () => {
  let nowMs = 0;
  const clock: ReplayClock = { ...simulatedClock(), now: () => nowMs };
  clock.setTimeout = (wake, ms) => setImmediate(() => ((nowMs += ms), wake()));
  const seen: number[] = [];
  for await (const frame of replay(writeTape(), { clock })) {
    seen.push(nowMs);
    if (frame.index === 0) nowMs += 20;
  }
  expect(seen).toEqual([0, 20, 20, 30, 1000, 1001]);
});

test('batches are what is due at one moment', async () => {
  const sizes: number[] = [];
  for await (const batch of replay(writeTape(), { clock: simulatedClock() }).batches())
    sizes.push(batch.length);
  expect(sizes).toEqual([1, 2, 1, 1, 1]);
});

test('runs follow each other without a pause', async () => {
  const first = writeTape([0, 10], 'first');
  const second = writeTape([0, 3], 'second');
  const clock = simulatedClock();
  const times: number[] = [];
  for await (const frame of replay([first, second], { clock }))
    times.push(clock.now() - 5000 + frame.index / 10);
  expect(times).toEqual([0, 10.1, 10, 13.1]);
});

const digest = async (stream: AsyncIterable<CapturedFrame>): Promise<string> => {
  const hash = createHash('sha256');
  for await (const frame of stream)
    hash.update(`${frame.connection} ${frame.index} ${frame.at} ${frame.text()}`);
  return hash.digest('hex');
};

test('frames and order are the same at every speed and in every run', async () => {
  const path = writeTape(Array.from({ length: 3000 }, (_, n) => n * 0.013));
  const expected = await digest(frames(path));
  for (const speed of ['max', 'recorded', 3, 3, 'max'] as const) {
    expect(await digest(replay(path, { speed, clock: simulatedClock() }))).toBe(expected);
  }
});

test('a replay can be aborted in the middle of a pause, at any speed', async () => {
  for (const speed of ['recorded', 'max'] as const) {
    const stop = new AbortController();
    const seen: number[] = [];
    const replaying = (async () => {
      for await (const frame of replay(writeTape([0, 3_600_000]), { speed, signal: stop.signal })) {
        seen.push(frame.index);
        setImmediate(() => stop.abort(new Error('enough')));
        if (speed === 'max') stop.abort(new Error('enough'));
      }
      stop.signal.throwIfAborted();
    })();
    await expect(replaying).rejects.toThrow('enough');
    expect(seen[0]).toBe(0);
  }
});

test('leaving a replay does not wait for the next frame', async () => {
  const iterator = replay(writeTape([0, 3_600_000]))[Symbol.asyncIterator]();
  await iterator.next();
  const pending = iterator.next();
  await new Promise((resolve) => setImmediate(resolve));
  await iterator.return?.();
  await expect(pending).resolves.toEqual({ done: true, value: undefined });
});

test('a speed that is none is refused', () => {
  for (const speed of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => replay('x', { speed })).toThrow(expect.objectContaining({ code: 'CAPTURE_OPTION' }));
  }
});

test('step by step: frames one at a time, or all of a stretch of recorded time', async () => {
  const steps = stepThrough(writeTape());
  const indices = async (ms: number): Promise<number[]> =>
    (await steps.advance(ms)).map(({ index }) => index);
  expect(await indices(0)).toEqual([0]);
  expect(await indices(4)).toEqual([]);
  expect(await indices(1)).toEqual([1, 2]);
  expect((await steps.next())?.index).toBe(3);
  expect(steps.elapsedMs).toBe(30);
  expect(await indices(10_000)).toEqual([4, 5]);
  expect(await steps.next()).toBeUndefined();
  expect(await indices(1)).toEqual([]);
  await steps.close();
});

test('a capture opened with a filter is replayed with it', async () => {
  const indices: number[] = [];
  const capture = openCapture(writeTape(), { where: ({ index }) => index % 2 === 0 });
  for await (const frame of replay(capture, { clock: simulatedClock() })) indices.push(frame.index);
  expect(indices).toEqual([0, 2, 4]);
  await using steps = stepThrough(capture);
  expect((await steps.advance(5)).map(({ index }) => index)).toEqual([0, 2]);
});
