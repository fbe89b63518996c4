import { inspect } from 'node:util';
import { processTerminal } from '#output/terminal';
import { afterEach, expect, test } from 'vitest';

const NAMES = ['COINBASE_API_SECRET', 'FEEDTAPE_URL'] as const;
afterEach(() => {
  for (const name of NAMES) delete process.env[name];
});

test('the secret of the environment can be taken once and is not kept', () => {
  process.env['COINBASE_API_SECRET'] = 'swordfish';
  process.env['FEEDTAPE_URL'] = 'wss://somebody:opensesame@exchange.example';
  const terminal = processTerminal();
  // What a diagnostic report prints and a child inherits.
  for (const name of NAMES) expect(process.env[name]).toBeUndefined();
  expect(terminal.env['COINBASE_API_SECRET']).toBeUndefined();
  expect(terminal.env['FEEDTAPE_URL']).toContain('exchange.example');
  expect(terminal.apiSecret.isSet).toBe(true);
  expect(terminal.apiSecret.take()).toBe('swordfish');
  expect(terminal.apiSecret.isSet).toBe(false);
  expect(terminal.apiSecret.take()).toBe('');
  expect(inspect(terminal.env) + inspect(terminal.apiSecret, { depth: 9, showHidden: true })).not.toContain(
    'swordfish',
  );
});
