import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenSource, generateKey, type Key, looksLikeSecret } from '@feedtape/auth';
import { expect, onTestFinished, test } from 'vitest';

/** The texts in which a key is handed around, and a token of it. */
async function secretsOf(key: Key): Promise<readonly string[]> {
  const pem = key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const der = key.privateKey.export({ format: 'der', type: 'pkcs8' });
  const { d = '', x = '' } = key.privateKey.export({ format: 'jwk' });
  const pair = Buffer.concat([Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')]);
  const forms = [
    pem,
    pem.replaceAll('\n', String.raw`\n`),
    Buffer.from(pem).toString('base64'),
    der.toString('base64'),
    der.toString('base64url'),
    Buffer.from(d, 'base64url').toString('base64'),
    d,
    pair.toString('base64'),
    pair.toString('base64url'),
    JSON.stringify({ name: key.name, privateKey: d }),
    await createTokenSource(key)(),
  ];
  const sec1 =
    key.algorithm === 'ES256'
      ? [key.privateKey.export({ format: 'der', type: 'sec1' }).toString('base64')]
      : [];
  return [...forms, ...sec1];
}

test.for(['ES256', 'EdDSA'] as const)(
  'a key of %s in any form, and its token, is found wherever it stands in an argument',
  async (algorithm) => {
    const missed: string[] = [];
    for (let count = 0; count < 100; count += 1) {
      const { key } = generateKey(algorithm);
      for (const secret of await secretsOf(key))
        for (const place of ['', '-k', '--url=', '--key-secret=', 'name:', 'BTC-USD,', 'my key is '])
          if (!looksLikeSecret(`${place}${secret}`)) missed.push(`${place}${secret}`);
    }
    // A seed of 32 bytes without capitals enough is one in some ten thousand.
    expect(missed.length).toBeLessThan(3);
  },
);

test.for([
  '',
  'BTC-USD,ETH-USD,SOL-USD,DOGE-USD,XRP-USD,ADA-USD,AVAX-USD,LINK-USD',
  'organizations/0f9e8d7c-6b5a-4c3d-92e1-f0a1b2c3d4e5/apiKeys/7d6a3c5e-90b1-4f2d-8c37-5e1f0a9b2d64',
  '0f9e8d7c-6b5a-4c3d-92e1-f0a1b2c3d4e5',
  'wss://advanced-trade-ws-user.coinbase.com',
  'ws://127.0.0.1:8080/a/very/long/path/that/goes/on/and/on/for/ever',
  '/var/lib/feedtape/captures/of-this-very-year/coinbase-advanced-trade',
  '/Users/Somebody/Documents/TradingProjects/FeedtapeCaptures',
  '/home/somebody/Work/ResearchProjects/CoinbaseData',
  String.raw`C:\Users\Somebody\Documents\TradingProjects\FeedtapeCaptures2026`,
  'captures/20261130T120000Z-1a2b3c4d/20261130T120000Z-1a2b3c4d-000000.ndjson.zst',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855',
  '--rotate-size=256MiB',
  'a note in plain words, with a number 1234567890123456789012345678901234567890123',
])('an ordinary argument is no secret: %s', (text) => {
  expect(looksLikeSecret(text)).toBe(false);
});

test('the path of an existing file is no secret, whatever its name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'feedtape-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { d = '' } = generateKey('EdDSA').key.privateKey.export({ format: 'jwk' });
  mkdirSync(join(folder, d));
  expect(looksLikeSecret(join(folder, d))).toBe(false);
});

/** The fastest of some attempts, in milliseconds of the processor: the machine may be busy. */
function fastest(text: string): number {
  const attempts = Array.from({ length: 5 }, () => {
    const began = process.cpuUsage();
    looksLikeSecret(text);
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1_000;
  });
  return Math.min(...attempts);
}

test('eight times as much of a text made to be slow takes about eight times as long, not sixty-four', () => {
  for (const piece of ['a', 'M', 'MA', 'MAa', 'eyJ', 'eyJeyJ', 'aB', '/', 'aB=', '-']) {
    const [short, long] = [15, 18].map((power) => fastest(piece.repeat(2 ** power / piece.length))) as [
      number,
      number,
    ];
    expect([piece, long < 50 + short * 32]).toEqual([piece, true]);
  }
});
