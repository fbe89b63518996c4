// @module-tag slow

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKey } from '@feedtape/auth';
import { startExchange } from '@feedtape/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

function folderWith(config: unknown, name = 'feedtape.config.json'): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), typeof config === 'string' ? config : JSON.stringify(config));
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

test('flags take precedence over the environment, the environment over the file, the file over the defaults', async () => {
  const cwd = folderWith({ product: ['ETH-USD'], out: 'from-file', channel: 'ticker' });
  const named = ['--config', 'feedtape.config.json'];
  expect(await planned(named, { cwd })).toMatchObject({ folder: 'from-file' });
  const env = { FEEDTAPE_OUT: 'from-environment' };
  expect(await planned(named, { cwd, env })).toMatchObject({ folder: 'from-environment' });
  expect(await planned([...named, '--out', 'from-flag'], { cwd, env })).toMatchObject({
    folder: 'from-flag',
  });
});

test('an error in the file names the file, the key and the valid keys; exit code 78', async () => {
  const { code, stderr } = await feedtape(['record', '--dry-run'], {
    cwd: folderWith({ rotateSize: 'big', prodct: 'BTC-USD' }),
  });
  expect(stderr).toContain('feedtape.config.json');
  expect(stderr).toContain('prodct');
  expect(stderr).toContain('"big" is not a size');
  expect(stderr).toContain('rotateSize');
  expect(code).toBe(78);
});

test('an error in the environment names the variable; exit code 78', async () => {
  const { code, stderr } = await feedtape(['record', '--dry-run'], {
    cwd: temporaryFolder(),
    env: { FEEDTAPE_DURATION: '10' },
  });
  expect(stderr).toContain('FEEDTAPE_DURATION: "10" is not a duration');
  expect(code).toBe(78);
});

test('a call without a command runs no code either', { timeout: 60_000 }, async () => {
  const cwd = folderWith(
    `import { writeFileSync } from 'node:fs'; writeFileSync('ran', '');`,
    'feedtape.config.mjs',
  );
  const running = start([], { cwd });
  await running.says(/recording 1s/u);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(0);
  expect(existsSync(join(cwd, 'ran'))).toBe(false);
});

test('a server named by a file in the working folder gets no token and no connection', async () => {
  const stranger = await startExchange({ products: ['BTC-USD'], startAt: 'now' });
  onTestFinished(() => stranger.close());
  const { key } = generateKey('ES256');
  const cwd = folderWith({ url: stranger.url, channel: ['user'], includePrivate: true, product: 'BTC-USD' });
  const env = {
    COINBASE_API_KEY: key.name,
    COINBASE_API_SECRET: key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  };
  const { code } = await feedtape(['record', '--duration', '1s'], { cwd, env });
  expect(code).toBe(78);
  expect(stranger.ledger.connections).toHaveLength(0);
});
