// @module-tag slow

import { expect, onTestFinished, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const unknown = ['level2 BTC-USDD', 'market_trades BTC-USDD'];

test('a mistyped product appears in the log, /readyz, the metrics and the summary', async () => {
  const exchange = start(['simulate', '-p', 'BTC-USD', '--json']);
  onTestFinished(() => void exchange.child.kill('SIGKILL'));
  const url = String((await exchange.firstJson())['url']);
  const folder = temporaryFolder();
  const args = ['record', '-p', 'BTC-USD,BTC-USDD', '--url', url, '--out', `${folder}/captures`];
  const running = start([...args, '--listen', '0', '--json']);
  onTestFinished(() => void running.child.kill('SIGKILL'));
  const page = /http:\S+\//u.exec(await running.says(/status page: http:\S+\//u))?.[0] ?? '';
  await running.says(/not acknowledged: [^\n]*market_trades BTC-USDD/u);
  const ready = await fetch(`${page}readyz`);
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { status: 'unavailable', reasons: unknown.map((name) => `not acknowledged: ${name}`) },
  ]);
  const metrics = await (await fetch(`${page}metrics`)).text();
  expect(metrics).toMatch(/^feedtape_unacknowledged_subscriptions 2$/mu);
  expect(metrics).toMatch(/^feedtape_rejections_total\{answer="omission"\} 2$/mu);
  running.child.kill('SIGINT');
  expect((await running.finished).json()).toMatchObject({ unacknowledged: unknown });

  const shown = await feedtape([...args.slice(0, -1), `${folder}/again`, '--duration', '2s', '-q']);
  expect(shown.stdout.toString()).toContain(`not acknowledged: ${unknown.join(', ')}`);
}, 60_000);
