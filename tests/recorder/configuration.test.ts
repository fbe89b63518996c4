import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { feedtape } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

function folderWith(config: unknown): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'feedtape.config.json'), JSON.stringify(config));
  return folder;
}

const planned = async (
  args: readonly string[],
  options: Parameters<typeof feedtape>[1],
): Promise<Record<string, unknown>> =>
  (await feedtape(['record', '--dry-run', '--json', ...args], options)).json();

test('the plan of connections is printed without connecting: 30 level2 products each', async () => {
  const products = Array.from({ length: 65 }, (_, index) => `P${index}-USD`).join(',');
  const { connections } = await planned(['-p', products, '-c', 'level2'], { cwd: temporaryFolder() });
  expect(connections).toHaveLength(3);
});

test('a flag wins over the environment, the environment over the file, the file over the default', async () => {
  const cwd = folderWith({ product: ['ETH-USD'], out: 'from-file', channel: 'ticker' });
  expect(await planned([], { cwd })).toMatchObject({ folder: 'from-file' });
  const env = { FEEDTAPE_OUT: 'from-environment' };
  expect(await planned([], { cwd, env })).toMatchObject({ folder: 'from-environment' });
  expect(await planned(['--out', 'from-flag'], { cwd, env })).toMatchObject({ folder: 'from-flag' });
});

test('a mistake in the file names the file, the key and the keys there are; exit code 78', async () => {
  const { code, stderr } = await feedtape(['record', '--dry-run'], {
    cwd: folderWith({ rotateSize: 'big', prodct: 'BTC-USD' }),
  });
  expect(stderr).toContain('feedtape.config.json');
  expect(stderr).toContain('prodct');
  expect(stderr).toContain('"big" is not a size');
  expect(stderr).toContain('rotateSize');
  expect(code).toBe(78);
});

test('a mistake in the environment names the variable; exit code 78', async () => {
  const { code, stderr } = await feedtape(['record', '--dry-run'], {
    cwd: temporaryFolder(),
    env: { FEEDTAPE_DURATION: '10' },
  });
  expect(stderr).toContain('FEEDTAPE_DURATION: "10" is not a duration');
  expect(code).toBe(78);
});
