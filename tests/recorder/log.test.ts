// @module-tag slow

import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { feedtape, start } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Erases a screen, begins a line of its own, turns the direction of text around, and goes on for too long. */
const HOSTILE = `\u001B[2J\u009B31m\nfeedtape: all is well\r\u202Egnp.exe\u2066\u2028\u0000${'A'.repeat(2000)}`;

/** A server that is friendly enough to be talked to, and says hostile things wherever it can say something. */
async function hostileServer(): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => {
    server.close();
  });
  server.on('connection', (socket) => {
    const say = (value: unknown): void => socket.send(JSON.stringify(value));
    socket
      .on('error', () => undefined)
      .once('message', () => {
        say({ type: 'error', message: HOSTILE });
        const subscriptions = { [HOSTILE]: [HOSTILE], ticker: ['BTC-USD', HOSTILE] };
        say({ channel: 'subscriptions', sequence_num: 0, timestamp: HOSTILE, events: [{ subscriptions }] });
        say({ channel: HOSTILE, sequence_num: 7, timestamp: HOSTILE, events: [] });
        say({ type: 'error', message: HOSTILE, channel: HOSTILE });
        setTimeout(() => socket.close(4000, '\u001B[2J\n\u202Ebye'), 300);
      });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const record = (url: string, ...options: readonly string[]): readonly string[] => [
  'record',
  '-p',
  'BTC-USD',
  '-c',
  'ticker',
  '--url',
  url,
  '--out',
  temporaryFolder(),
  ...options,
];

/** Control characters but the line feed between lines, and marks of direction. */
const HARMFUL = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;

test('a line of the log is one JSON object without control characters, whatever a server sends', async () => {
  const args = record(
    await hostileServer(),
    '--duration',
    '3s',
    '--log-format',
    'json',
    '--log-level',
    'debug',
  );
  const { code, stderr } = await feedtape(args);
  expect(code).toBe(0);
  expect(stderr).not.toMatch(HARMFUL);
  const entries = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const entry of entries)
    expect(entry).toMatchObject({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/u),
      level: expect.stringMatching(/^(?:debug|info|warn|error)$/u),
      event: expect.stringMatching(/^[a-z-]+$/u),
      message: expect.any(String),
    });
  const texts = entries.flatMap((entry) => Object.values(entry)).filter((value) => typeof value === 'string');
  expect(texts.join('\n')).not.toMatch(HARMFUL);
  expect(Math.max(...texts.map((text) => (/A{2,}/u.exec(text) ?? [''])[0].length))).toBeLessThanOrEqual(512);
  const events = new Set(entries.map(({ event }) => event));
  for (const event of ['connected', 'sent', 'rejected', 'gap', 'disconnected', 'progress'])
    expect(events).toContain(event);
  const rejected = entries.find(({ event }) => event === 'rejected');
  expect(rejected).toMatchObject({ level: 'warn', connection: 0 });
  expect(entries.find(({ event }) => event === 'gap')).toMatchObject({ connection: 0, why: 'sequence' });
});

test('as plain text too', async () => {
  const args = record(await hostileServer(), '--duration', '2s', '--log-level', 'debug');
  const { code, stderr, stdout } = await feedtape(args);
  expect(code).toBe(0);
  expect(stderr).toMatch(/error reply from the exchange: "[^\n]{500,600}"$/mu);
  expect(stderr).not.toMatch(HARMFUL);
  expect(stdout.toString()).not.toMatch(HARMFUL);
  expect(Math.max(...stderr.split('\n').map(({ length }) => length))).toBeLessThan(700);
});

test('--log-level drops lower levels, and --quiet all but errors', async () => {
  const url = await hostileServer();
  const warned = await feedtape(record(url, '--duration', '2s', '--log-level', 'warn'));
  expect(warned.stderr).toContain('error reply from the exchange');
  expect(warned.stderr).not.toContain('recording 1s');
  const quiet = await feedtape(record(url, '--duration', '2s', '--quiet'));
  expect(quiet.stderr).toBe('');
  const chosen = await feedtape(record(url, '--duration', '2s', '--quiet', '--log-level', 'warn'));
  expect(chosen.stderr).toContain('error reply from the exchange');
});

test('the environment can set the log level, and an unknown level is refused', async () => {
  const env = { FEEDTAPE_LOG_FORMAT: 'json', FEEDTAPE_LOG_LEVEL: 'error' };
  const { stderr } = await feedtape(record('ws://127.0.0.1:9', '--duration', '1s'), { env });
  // Of all that happened the least important that is told: how it ended.
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', event: 'ended', exitCode: 69 });
  const { code } = await feedtape(record('ws://127.0.0.1:9', '--log-level', 'loud'));
  expect(code).toBe(64);
});

test('a recording that cannot start logs JSON too', async () => {
  const args = ['record', '--simulate', '--out', '/proc/feedtape', '--log-format', 'json'];
  const { code, stderr } = await feedtape(args);
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', event: 'ended', exitCode: 74 });
  expect(code).toBe(74);
});

test('on a JSON log a request has no token', async () => {
  const exchange = start(['simulate']);
  onTestFinished(() => void exchange.child.kill('SIGKILL'));
  const said = await exchange.prints(/COINBASE_API_SECRET='[^']+'/u);
  const value = (name: string): string => new RegExp(`${name}='([^']+)'`, 'u').exec(said)?.[1] ?? '';
  const variables = ['FEEDTAPE_URL', 'FEEDTAPE_USER_URL', 'COINBASE_API_KEY', 'COINBASE_API_SECRET'];
  const env = Object.fromEntries(variables.map((name) => [name, value(name)]));
  const { code, stderr, json } = await feedtape(
    [
      'record',
      '-p',
      'BTC-USD',
      '-c',
      'ticker,user',
      '--include-private',
      '--frames',
      '30',
      '--json',
      '--out',
      temporaryFolder(),
      '--log-format',
      'json',
      '--log-level',
      'debug',
    ],
    { env },
  );
  expect(code).toBe(0);
  expect(json()).toMatchObject({ frames: 30, rejected: 0 });
  expect(stderr).toContain('[redacted]');
  expect(stderr).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/u);
  expect(stderr).toContain('"channels":"heartbeats, user"');
});
