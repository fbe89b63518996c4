import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { feedtape } from './feedtape.ts';
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
