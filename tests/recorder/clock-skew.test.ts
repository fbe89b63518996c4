// @module-tag slow

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startExchange, type Exchange, type StartOptions } from '@feedtape/simulator';
import { expect, onTestFinished, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

async function exchangeWith(options: StartOptions): Promise<Exchange> {
  const exchange = await startExchange({ products: ['BTC-USD'], startAt: 'now', ...options });
  onTestFinished(() => exchange.close());
  return exchange;
}

test('clock skew appears in the log, on the page and in the metrics, to within two seconds', async () => {
  const exchange = await exchangeWith({ faults: [{ fault: { kind: 'clock-skew', ms: -120_000 } }] });
  const running = start([
    'record',
    '-p',
    'BTC-USD',
    '-c',
    'ticker',
    '--url',
    exchange.url,
    '--out',
    temporaryFolder(),
    '--listen',
    '0',
  ]);
  const said = await running.says(/clock is \d+\.\d s ahead of the exchange's/u);
  const page = /status page: (\S+)/u.exec(said)?.[1] ?? '';
  const { clock, health } = (await (await fetch(`${page}status.json`)).json()) as {
    clock: { skewMs: number };
    health: { level: string; reasons: string[] };
  };
  expect(Math.abs(clock.skewMs - 120_000)).toBeLessThan(2000);
  expect(health.level).not.toBe('good');
  expect(health.reasons.join()).toContain("this machine's clock is");
  const metrics = await (await fetch(`${page}metrics`)).text();
  const [, seconds] = /^feedtape_clock_skew_seconds (\S+)$/mu.exec(metrics) ?? [];
  expect(Math.abs(Number(seconds) - 120)).toBeLessThan(2);
  running.child.kill('SIGINT');
  expect((await running.finished).code).toBe(0);
});

test('a correct clock gives no warning', async () => {
  const exchange = await exchangeWith({});
  const { stderr } = await feedtape([
    'record',
    '-p',
    'BTC-USD',
    '-c',
    'ticker',
    '--url',
    exchange.url,
    '--out',
    temporaryFolder(),
    '--frames',
    '5',
  ]);
  expect(stderr).not.toContain('clock');
});

/** A recording of the exchange's account with the key of a file, and what more there is to say. */
function accountArguments(exchange: Exchange, ...more: readonly string[]): readonly string[] {
  const [key] = exchange.keys;
  const keyFile = join(temporaryFolder(), 'cdp_api_key.json');
  writeFileSync(keyFile, JSON.stringify(key?.json), { mode: 0o600 });
  return [
    'record',
    '-p',
    'BTC-USD',
    '--include-private',
    '--key-file',
    keyFile,
    '--json',
    '--url',
    exchange.url,
    '--user-url',
    exchange.userUrl,
    '--out',
    temporaryFolder(),
    ...more,
  ];
}

test(
  'an exchange whose clock differs by four minutes gets tokens of its time, once it has refused one of ours',
  { timeout: 120_000 },
  async () => {
    const exchange = await exchangeWith({ wallNow: () => Date.now() - 240_000 });
    const running = start(accountArguments(exchange, '-c', 'user', '--log-level', 'debug'));
    onTestFinished(() => void running.child.kill('SIGKILL'));
    // The second attempt comes after half a minute.
    const said = await running.says(/subscribed to .*user/u);
    expect(said).toMatch(/clock is (?:239|240|241)\.\d s ahead/u);
    expect(said).toContain('authentication failure');
    running.child.kill('SIGINT');
    expect((await running.finished).code).toBe(0);
  },
);

test('a date that is an hour off moves no token: the exchange judges by its clock, and takes ours', async () => {
  for (const ms of [3_600_000, -3_600_000]) {
    const exchange = await exchangeWith({ faults: [{ fault: { kind: 'clock-skew', ms } }] });
    const { code, json, stderr } = await feedtape(accountArguments(exchange, '-c', 'user', '--frames', '5'));
    expect(stderr).toMatch(/clock is \d+\.\d s (?:ahead of|behind) the exchange's/u);
    expect(json()).toMatchObject({ frames: 5, rejected: 0 });
    expect(code).toBe(0);
  }
});

test(
  'a recording of an exchange whose clock is an hour off goes on with the public channels',
  { timeout: 120_000 },
  async () => {
    const exchange = await exchangeWith({ wallNow: () => Date.now() + 3_600_000 });
    const folder = temporaryFolder();
    const running = start(
      accountArguments(exchange, '-c', 'ticker,user', '--log-level', 'debug', '--out', folder),
    );
    onTestFinished(() => void running.child.kill('SIGKILL'));
    const said = await running.says(/subscribed to .*ticker/u);
    expect(said).toContain("s behind the exchange's");
    await running.says(/authentication failure[^]*authentication failure/u);
    running.child.kill('SIGINT');
    const { code, json } = await running.finished;
    expect(code).toBe(0);
    expect(Number(json()['frames'])).toBeGreaterThan(3);
  },
);
