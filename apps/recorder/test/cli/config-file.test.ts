import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { called } from '../called.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const windows = process.platform === 'win32';
/** Why a test is skipped, where it is. */
const unix = windows ? ' (skipped: Windows has no modes)' : '';

function folderWith(config: unknown, name = 'feedtape.config.json'): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), typeof config === 'string' ? config : JSON.stringify(config));
  return folder;
}

test('a file in the working folder may choose what to record, and is named on standard error', async () => {
  const cwd = folderWith({ product: ['ETH-USD'], channel: 'ticker', quiet: true, logLevel: 'error' });
  const { code, stderr, stdout } = await called(['record', '--dry-run'], { cwd });
  expect(stdout).toContain('ticker: ETH-USD');
  expect(stderr).toContain(`settings from ${join(cwd, 'feedtape.config.json')}`);
  expect(code).toBe(0);
  const json = await called(['record', '--dry-run', '--log-format', 'json'], { cwd });
  expect(JSON.parse(json.stderr)).toMatchObject({ event: 'configuration' });
});

/** Every option that sends, deletes, chooses a place or weakens a check, with a value that it takes. */
const HARMFUL: Readonly<Record<string, unknown>> = {
  url: 'wss://stranger.example',
  userUrl: 'wss://stranger.example',
  includePrivate: true,
  keyFile: 'cdp_api_key.json',
  keyName: 'name',
  out: 'elsewhere',
  simulate: true,
  keepSize: '1MiB',
  keepAge: '1s',
  keepSegments: 2,
  keepFree: '1GiB',
  listen: '0.0.0.0:8787',
  allowHost: 'stranger.example',
  insecureWs: true,
};

test.for(
  Object.entries({ ...HARMFUL, channel: ['user'], 'channel ': ['ticker', 'futures_balance_summary'] }),
)('a file that --config does not name cannot set %s to %j', async ([key, value]) => {
  const cwd = folderWith({ product: 'BTC-USD', channel: 'ticker', [key.trim()]: value });
  const args = ['record', '--dry-run', '--duration', '1s'];
  const { code, stderr } = await called(args, { cwd });
  expect(stderr).toContain(`--config ${join(cwd, 'feedtape.config.json')}`);
  expect(stderr).toContain('--config does not name');
  expect(code).toBe(78);
  const more = key.startsWith('channel') ? ['--include-private', '--key-file', 'key.json'] : [];
  const named = await called([...args, ...more, '--config', 'feedtape.config.json'], { cwd });
  expect(named.stderr).toContain('settings from');
  expect(named.code).toBe(0);
});

test('every option is either unrestricted or in the list above', async () => {
  const { stdout } = await called(['record', '--help'], { cwd: temporaryFolder() });
  const flags = [...stdout.matchAll(/^ {2}(?:-\w, )?--([a-z-]+)/gmu)].map(([, flag = '']) => flag);
  const keys = flags.map((flag) => flag.replaceAll(/-(\w)/gu, (_, letter: string) => letter.toUpperCase()));
  expect(keys.length).toBeGreaterThan(25);
  const { stderr } = await called(['record', '--dry-run'], {
    cwd: folderWith(
      Object.fromEntries(
        keys.filter((key) => !['config', 'help'].includes(key)).map((key) => [key, { wrong: key }]),
      ),
    ),
  });
  for (const key of keys.filter((name) => !['config', 'help'].includes(name))) expect(stderr).toContain(key);
  // What is left when the harmful ones are taken out is accepted.
  const harmless = {
    product: 'BTC-USD',
    channel: 'ticker',
    seed: 1,
    faultSeed: 1,
    duration: '1s',
    frames: 1,
    recovery: 'report',
    rotateSize: '1MiB',
    rotateEvery: '1h',
    fsync: 'always',
    compress: 'zstd',
    onFull: 'exit',
    dryRun: true,
    json: true,
    quiet: true,
    logLevel: 'error',
    logFormat: 'text',
  };
  expect([...Object.keys(harmless), ...Object.keys(HARMFUL)].toSorted()).toEqual(
    keys.filter((key) => !['config', 'help'].includes(key)).toSorted(),
  );
  expect((await called(['record'], { cwd: folderWith(harmless) })).code).toBe(0);
});

const ran = (folder: string): boolean => existsSync(join(folder, 'ran'));

test('code in the working folder runs only with --config', async () => {
  const program = `import { writeFileSync } from 'node:fs'; writeFileSync('ran', ''); export default { product: 'BTC-USD' };`;
  for (const name of ['feedtape.config.mjs', 'feedtape.config.js', 'feedtape.config.ts']) {
    const cwd = folderWith(program, name);
    writeFileSync(join(cwd, 'package.json'), '{"type":"module"}');
    for (const args of [
      ['record', '--dry-run'],
      ['record', '--help'],
      ['--help'],
      ['completion', 'bash'],
      ['verify', '.'],
    ]) {
      await called(args, { cwd });
      expect([name, args, ran(cwd)]).toEqual([name, args, false]);
    }
    const dry = await called(['record', '--dry-run', '-p', 'BTC-USD'], { cwd });
    expect(dry.stderr).toContain(`${name} in this folder is not run unless you name it`);
    const named = await called(['record', '--dry-run', '--config', name], { cwd });
    expect([named.code, ran(cwd)]).toEqual([0, true]);
  }
});

test.skipIf(windows)(`a file that other users can write is refused, named or not${unix}`, async () => {
  const cwd = folderWith({ product: 'BTC-USD' });
  const file = join(cwd, 'feedtape.config.json');
  const refused = async (args: readonly string[] = []): Promise<readonly [number | null, string]> => {
    const { code, stderr } = await called(['record', '--dry-run', ...args], { cwd });
    return [code, stderr];
  };
  for (const mode of [0o664, 0o646, 0o666]) {
    chmodSync(file, mode);
    for (const args of [[], ['--config', file]])
      expect(await refused(args)).toEqual([78, expect.stringContaining('writable by other users')]);
  }
  chmodSync(file, 0o644);
  expect((await refused())[0]).toBe(0);
  chmodSync(cwd, 0o777);
  expect(await refused()).toEqual([78, expect.stringContaining('other users may replace it')]);
  chmodSync(cwd, 0o1777);
  expect((await refused())[0]).toBe(0);
  const module = join(cwd, 'recorder.config.mjs');
  writeFileSync(module, "export default { product: 'BTC-USD' };", { mode: 0o644 });
  for (const [mode, code] of [
    [0o770, 78],
    [0o750, 0],
  ] as const) {
    chmodSync(cwd, mode);
    expect((await refused(['--config', module]))[0]).toBe(code);
  }
});

test("another user's file is refused, named or not", async ({ skip }) => {
  skip(process.geteuid?.() !== 0, 'only root can give a file to another user');
  const cwd = folderWith({ product: 'BTC-USD' });
  const file = join(cwd, 'feedtape.config.json');
  chownSync(file, 65_534, 65_534);
  for (const args of [[], ['--config', file]]) {
    const { code, stderr } = await called(['record', '--dry-run', ...args], { cwd });
    expect([code, stderr]).toEqual([78, expect.stringContaining('belongs to another user')]);
  }
});

test.skipIf(windows)(
  `a link in the folder is not followed, unless it is named; a folder is no file${unix}`,
  async () => {
    const cwd = temporaryFolder();
    const elsewhere = folderWith({ product: 'BTC-USD' }, 'mine.json');
    symlinkSync(join(elsewhere, 'mine.json'), join(cwd, 'feedtape.config.json'));
    const { code, stderr } = await called(['record', '--dry-run'], { cwd });
    expect(stderr).toContain('links are read only when named');
    expect(code).toBe(78);
    const named = await called(['record', '--dry-run', '--config', 'feedtape.config.json'], { cwd });
    expect(named.code).toBe(0);
    const other = temporaryFolder();
    mkdirSync(join(other, 'feedtape.config.json'));
    const folder = await called(['record', '--dry-run'], { cwd: other });
    expect(folder.stderr).toContain('not a regular file');
    expect(folder.code).toBe(78);
  },
);

test('the error for invalid JSON does not quote it', async () => {
  const cwd = folderWith('{"product": "BTC-USD",\n "keyName": swordfish }');
  const { code, stderr } = await called(['record', '--dry-run'], { cwd });
  expect(stderr).toContain('is not valid JSON');
  expect(stderr).not.toContain('swordfish');
  expect(code).toBe(78);
});
