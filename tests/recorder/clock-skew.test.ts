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

test('a clock that is off is told in the log, on the page and in the metrics, to within two seconds', async () => {
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

test('a clock that is right is not complained about', async () => {
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

test('tokens are made for the time of an exchange whose clock differs by ten minutes', async () => {
  const exchange = await exchangeWith({ wallNow: () => Date.now() - 600_000 });
  const [key] = exchange.keys;
  const keyFile = join(temporaryFolder(), 'cdp_api_key.json');
  writeFileSync(keyFile, JSON.stringify(key?.json), { mode: 0o600 });
  const { code, json, stderr } = await feedtape([
    'record',
    '-p',
    'BTC-USD',
    '-c',
    'user',
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
    '--frames',
    '5',
  ]);
  expect(stderr).toMatch(/clock is (?:600|599|601)\.\d s ahead/u);
  expect(json()).toMatchObject({ frames: 5, rejected: 0 });
  expect(code).toBe(0);
});
