// @module-tag slow

import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('a killed recorder leaves a capture that repair seals and verify accepts', async () => {
  const folder = temporaryFolder();
  const running = start(['record', '--simulate', '--out', folder]);
  await running.says(/recording 2s/u);
  running.child.kill('SIGKILL');
  await running.finished;
  expect(readdirSync(folder).filter((name) => name.endsWith('.partial'))).toHaveLength(1);

  const repaired = await feedtape(['repair', folder, '--json']);
  expect(repaired.code).toBe(0);
  expect(repaired.json()['sealed']).toHaveLength(1);
  const verified = await feedtape(['verify', folder, '--json']);
  expect(verified.json()).toMatchObject({ ok: true, connections: 1, missing: 0 });
  expect(verified.json()['frames']).toBeGreaterThan(50);
  expect(verified.code).toBe(0);
});

test('a second recorder in the same folder is refused with exit code 73', async () => {
  const folder = temporaryFolder();
  const first = start(['record', '--simulate', '--out', folder]);
  await first.says(/recording 1s/u);
  const second = await feedtape(['record', '--simulate', '--duration', '1s', '--out', folder]);
  first.child.kill('SIGTERM');
  expect(second.stderr).toContain('in use');
  expect(second.code).toBe(73);
  expect((await first.finished).code).toBe(0);
});
