// @module-tag slow

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKey } from '@feedtape/auth';
import { frames } from '@feedtape/capture/node';
import { expect, onTestFinished, test } from 'vitest';
import { feedtape, start } from './feedtape.ts';
import { findQuotations, quotingServer } from './quoting-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ACCOUNT = '5e91f0b7-c284-4d13-9fe6-08a7d35cb942';
const ORGANIZATION = 'c07d8e15-3fa9-46b2-81d4-f96a20e7b358';
const KEY_ID = 'b34f6a02-d9e7-4185-a6c0-1fd82e9573ab';
const PASSWORD = 'correct-horse-battery';

/** Everything in a capture's folder but the payloads of its frames. */
const recordsIn = (folder: string): string =>
  readdirSync(folder)
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
    .filter((line) => !line.startsWith('{"kind":"frame"'))
    .join('\n');

/** The page as a browser gets it: a stream is read until it has told everything once. */
async function fetched(url: string): Promise<string> {
  const { body } = await fetch(url);
  if (body === null) return '';
  let text = '';
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
    if (url.endsWith('/events') && text.length > 1_000) break;
  }
  return text;
}

// X1 and X23: key, tokens, a password and the account's ids as canaries in every encoding.
test(
  'what a server quotes of secrets is in no output but its own frames, and in a redacted cut not even there',
  { timeout: 300_000 },
  async () => {
    const { key } = generateKey('ES256', { name: `organizations/${ORGANIZATION}/apiKeys/${KEY_ID}` });
    const pem = key.privateKey.export({ format: 'pem', type: 'sec1' }).toString();
    const { d: scalar = '' } = key.privateKey.export({ format: 'jwk' });
    const server = await quotingServer(ACCOUNT, [ACCOUNT, ORGANIZATION, KEY_ID, PASSWORD]);
    onTestFinished(() => server.close());
    const [folder, reports] = [temporaryFolder(), temporaryFolder()];
    const keyFile = join(temporaryFolder(), 'cdp_api_key.json');
    writeFileSync(keyFile, JSON.stringify({ name: key.name, privateKey: pem }), { mode: 0o600 });
    const [market, user] = server.urls;
    const running = start(
      [
        'record',
        '-p',
        'BTC-USD',
        '-c',
        'level2,user',
        '--include-private',
        '--key-file',
        keyFile,
        '--user-url',
        `ws://${user}`,
        '--out',
        folder,
        '--listen',
        '0',
        '--log-level',
        'debug',
        '--log-format',
        'json',
      ],
      {
        env: {
          FEEDTAPE_URL: `ws://recorder:${PASSWORD}@${market}?key=${PASSWORD}`,
          NODE_OPTIONS: `--report-on-signal --report-directory=${reports}`,
          DEBUG: '*',
        },
      },
    );
    onTestFinished(() => void running.child.kill('SIGKILL'));
    const said = await running.says(/status page: (http:\S+\/)/u);
    const page = /status page: (http:[^\s"]+\/)/u.exec(said)?.[1] ?? '';
    await expect.poll(() => server.done, { timeout: 200_000 }).toBe(true);
    running.child.kill('SIGUSR2');
    const outputs = await Promise.all(
      ['', 'status.json', 'metrics', 'healthz', 'readyz', 'events'].map((path) => fetched(`${page}${path}`)),
    );
    await expect.poll(() => readdirSync(reports).length, { timeout: 20_000 }).toBe(1);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.finished;
    expect(code).toBe(0);

    const secrets = [
      ...server.tokens,
      ACCOUNT,
      ORGANIZATION,
      KEY_ID,
      PASSWORD,
      scalar,
      ...pem.split('\n').slice(1, -2),
    ];
    expect(server.tokens.length).toBeGreaterThan(3);
    expect(server.headers[0]).toMatch(/^Basic /u);
    const report = readFileSync(join(reports, readdirSync(reports)[0] ?? ''), 'utf8');
    const named = {
      stdout: stdout.toString(),
      stderr,
      page: outputs.join('\n'),
      report,
      records: recordsIn(folder),
    };
    for (const [name, text] of Object.entries(named))
      expect([name, findQuotations(text, secrets)]).toEqual([name, []]);
    expect(stderr).toContain('[redacted]');
    expect(named.records).toContain('secret-quoted');

    // The frames themselves stand as they came.
    const received: string[] = [];
    for await (const frame of frames(folder)) received.push(frame.text());
    expect(findQuotations(received.join('\n'), server.tokens.slice(0, 1)).length).toBeGreaterThan(4);

    const cut = join(temporaryFolder(), 'cut.ndjson');
    const made = await feedtape(['cut', folder, '--redact', 'jwt,user', '-o', cut]);
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(findQuotations(readFileSync(cut, 'utf8'), secrets)).toEqual([]);
    expect((await feedtape(['verify', cut])).code).toBe(0);
    // The signature alone is shaped like nothing, and what was sent is not known here.
    const unsigned = server.tokens.map((token) => token.slice(0, token.lastIndexOf('.')));
    for (const args of [
      ['inspect', folder],
      ['inspect', '--json', folder],
      ['verify', folder],
    ]) {
      const looked = await feedtape(args);
      expect(findQuotations(`${looked.stdout.toString()}${looked.stderr}`, unsigned, 60)).toEqual([]);
    }
  },
);
