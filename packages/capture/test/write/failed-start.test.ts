import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openWriter } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { systemError, watchedFiles } from '../faulty-files.ts';
import type { FileCall } from '../faulty-files.ts';

const url = 'wss://example.test';

/** Every call of a start, and of the end of a run in which nothing happened. */
async function callsOfAStart(): Promise<readonly FileCall[]> {
  const calls: FileCall[] = [];
  const folder = join(temporaryFolder(), 'capture');
  const files = watchedFiles((call) => {
    calls.push(call);
    return undefined;
  });
  await (await openWriter({ folder, url, files })).close();
  return calls;
}

// Found on 2026-11-30: each start that came to nothing left a sealed segment without a frame.
test('a run in which nothing was recorded leaves nothing', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const writer = await openWriter({ folder, url });
  expect(await writer.close()).toEqual({ segments: [], frames: 0, dropped: 0 });
  expect(readdirSync(folder)).toEqual([]);
});

test('one record is something', async () => {
  const folder = join(temporaryFolder(), 'capture');
  const writer = await openWriter({ folder, url });
  writer.connection(0, 'error', { code: 'ECONNREFUSED' });
  expect((await writer.close()).segments).toHaveLength(1);
});

test('a start that is refused, at any call and for good, leaves nothing', async () => {
  const names = (await callsOfAStart()).filter(({ path }) => !path.includes('writer.lock'));
  const points = new Map(names.map(({ name, path }) => [`${name} ${path.split('.').at(-1)}`, name]));
  let refused = 0;
  for (const [point, wanted] of points) {
    const folder = join(temporaryFolder(), 'capture');
    mkdirSync(folder, { mode: 0o700 });
    const files = watchedFiles(({ name, path }) => {
      const isWanted = name === wanted && `${name} ${path.split('.').at(-1)}` === point;
      if (isWanted && !path.includes('writer.lock')) throw systemError('EIO');
      return undefined;
    });
    const writer = await openWriter({ folder, url, files }).catch(() => undefined);
    if (writer !== undefined) {
      await writer.close();
      continue;
    }
    refused += 1;
    // What cannot be removed stays.
    expect({ point, left: wanted === 'unlink' ? [] : readdirSync(folder) }).toEqual({ point, left: [] });
  }
  expect(refused).toBeGreaterThan(3);
});
