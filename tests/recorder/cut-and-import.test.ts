// @module-tag slow

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const tape = fileURLToPath(
  new URL(
    '../../packages/protocol/test/frames/btc-eth-level2-trades-heartbeats.2026-09-30.tsv',
    import.meta.url,
  ),
);

test('published frames are imported, cut to a bug report of one missing frame, and verified on the way', async () => {
  const folder = temporaryFolder();
  const [whole, report] = [join(folder, 'whole.ndjson'), join(folder, 'report.ndjson')];
  const imported = await feedtape([
    'import',
    tape,
    '--source',
    'a public repository',
    '--out',
    whole,
    '--json',
  ]);
  expect(imported.json()).toMatchObject({ frames: 34, gaps: 0 });
  expect((await feedtape(['verify', whole])).code).toBe(0);

  const cut = await feedtape([
    'cut',
    whole,
    '--drop',
    '17',
    '--note',
    'for a bug report',
    '--out',
    report,
    '--json',
  ]);
  expect(cut.json()).toMatchObject({ frames: 33 });
  expect((await feedtape(['verify', report, '--json'])).json()).toMatchObject({
    ok: true,
    frames: 33,
    missing: 1,
  });
  expect(readFileSync(report, 'utf8').split('\n', 1)[0]).toContain('for a bug report');

  const again = await feedtape(['cut', whole, '--out', report]);
  expect(again.stderr).toContain('report.ndjson');
  expect(again.code).toBe(74);
});

test('every command that reads frames names a line without its newline', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'merged.ndjson');
  await feedtape(['import', tape, '--source', 'a public repository', '--out', path]);
  const lines = readFileSync(path, 'utf8').split('\n');
  writeFileSync(path, [...lines.slice(0, 20), `${lines[20]} ${lines[21]}`, ...lines.slice(22)].join('\n'));
  for (const args of [
    ['cat', path],
    ['inspect', path],
    ['drift', path],
    ['cut', path, '--out', join(folder, 'cut.ndjson')],
    ['export', path, '--out', join(folder, 'tables')],
    ['replay', path],
  ]) {
    const { code, stderr } = await feedtape(args);
    const said: unknown = expect.stringContaining('merged.ndjson:21 (byte ');
    expect({ command: args[0], code, stderr }).toEqual({ command: args[0], code: 74, stderr: said });
  }
});

test(
  'Ctrl-C during a cut or an import leaves no file, ends with 130, and the rerun works',
  { timeout: 90_000 },
  async () => {
    const folder = temporaryFolder();
    const raw = join(folder, 'raw.tsv');
    const row = `\t{"channel":"ticker","sequence_num":0,"events":["${'x'.repeat(900)}"]}\n`;
    writeFileSync(raw, Array.from({ length: 20_000 }, (_, n) => `${n}${row}`).join(''));
    const whole = join(folder, 'whole.ndjson');
    const out = join(folder, 'out.ndjson.gz');
    const make = ['import', raw, '--source', 'a test', '--out'];
    expect((await feedtape([...make, whole])).code).toBe(0);
    for (const args of [
      [...make, out],
      ['cut', whole, '--redact', 'events', '--out', out],
    ]) {
      const running = start(args);
      const unfinished = (): boolean => readdirSync(folder).some((name) => name.startsWith('out.ndjson.gz.'));
      await expect.poll(unfinished, { timeout: 20_000, interval: 5 }).toBe(true);
      running.child.kill('SIGINT');
      const { code, stderr } = await running.finished;
      expect(stderr).toContain('nothing was written');
      expect(code).toBe(130);
      expect(readdirSync(folder).toSorted()).toEqual(['raw.tsv', 'whole.ndjson']);
    }
    expect((await feedtape(['cut', whole, '--redact', 'events', '--out', out])).code).toBe(0);
    expect((await feedtape(['verify', out])).code).toBe(0);
  },
);

test(
  'what a killed import has left is no capture, and goes with the next one',
  { timeout: 90_000 },
  async () => {
    const folder = temporaryFolder();
    const raw = join(folder, 'raw.tsv');
    const row = `\t{"channel":"ticker","sequence_num":0,"events":["${'x'.repeat(900)}"]}\n`;
    writeFileSync(raw, Array.from({ length: 20_000 }, (_, n) => `${n}${row}`).join(''));
    const made = (): readonly string[] => readdirSync(folder).filter((name) => name !== 'raw.tsv');
    const line = ['import', raw, '--source', 'a test', '--out', join(folder, 'out.ndjson.gz')];
    const killed = start(line);
    await expect.poll(() => made().length, { timeout: 45_000, interval: 2 }).toBe(1);
    killed.child.kill('SIGKILL');
    await killed.finished;
    expect(made()).toEqual([expect.stringMatching(/^out\.ndjson\.gz\.unfinished-/u)]);
    expect((await feedtape(['verify', folder])).stderr).toContain('no capture in');
    expect((await feedtape(line)).code).toBe(0);
    expect(made()).toEqual(['out.ndjson.gz']);
  },
);
