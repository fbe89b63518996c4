import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { editCapture, repairCapture, unfinishedPath, verifyCapture } from '@feedtape/capture/node';
import { temporaryFolder } from '../capture-files.ts';
import { record } from '../read/small-segments.ts';

const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid;

/** The name that another process gave to an output of the same place. */
function nameOf(target: string, other: { pid?: number; started?: string; place?: string }): string {
  const [, start = '', random = '', pid, started, place] =
    /^(.*\.unfinished)-([^-]+)-([^-]+)-([^-]+)-([^-]+)$/u.exec(unfinishedPath(target)) ?? [];
  return [start, random, other.pid ?? pid, other.started ?? started, other.place ?? place].join('-');
}

test('a cut removes only the unfinished files of dead processes for the same output', async () => {
  const { folder } = await record({}, 4);
  const out = join(temporaryFolder(), 'out.ndjson');
  const dead = [nameOf(out, { pid: deadPid() }), nameOf(out, { started: '1' })];
  const kept = [
    nameOf(out, {}),
    nameOf(out, { pid: deadPid(), place: '00000000' }),
    nameOf(`${out}.other`, { pid: deadPid() }),
    `${out}.unfinished-0badcafe`,
  ];
  for (const path of [...dead, ...kept]) writeFileSync(path, '');
  await editCapture(folder, out, {});
  expect(readdirSync(join(out, '..')).toSorted()).toEqual(
    ['out.ndjson', ...kept.map((path) => basename(path))].toSorted(),
  );
});

test('repair removes what dead processes have left in the folder, which is no part of the capture', async () => {
  const { folder } = await record({}, 4);
  const before = readdirSync(folder);
  const dead = nameOf(join(folder, 'cut.ndjson.zst'), { pid: deadPid() });
  const living = nameOf(join(folder, 'cut.ndjson'), {});
  const odd = nameOf(join(folder, 'tables'), { pid: deadPid() });
  for (const path of [dead, living]) writeFileSync(path, '');
  mkdirSync(odd);
  expect(await verifyCapture(folder)).toMatchObject({ ok: true, findings: [], frames: 4 });
  expect((await repairCapture(folder)).removed).toEqual([basename(dead)]);
  const kept = [living, odd].map((path) => basename(path));
  expect(readdirSync(folder).toSorted()).toEqual([...before, ...kept].toSorted());
});
