import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CaptureRecord } from '@feedtape/capture';
import { publicUrl, SECRET_QUOTED } from '@feedtape/capture';
import {
  editCapture,
  frames,
  inspectCapture,
  openCapture,
  openWriter,
  verifyCapture,
} from '@feedtape/capture/node';
import { withoutTokens, withoutWords } from '#format/token-shapes';
import { expect, test } from 'vitest';
import { frameLine, headerLine, instantAt, sealedText, temporaryFolder } from '../capture-files.ts';

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const SIGNATURE = Buffer.from('what only the private key can make').toString('base64url');
const TOKEN = `${base64url({ alg: 'ES256', typ: 'JWT', kid: 'organizations/a/apiKeys/b' })}.${base64url({ iss: 'cdp' })}.${SIGNATURE}`;

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hex = (text: string): string => Buffer.from(text).toString('hex');
const percent = (text: string): string => text.replace(/./gu, (c) => `%${hex(c)}`);
const references = (text: string): string => text.replace(/./gu, (c) => `&#${c.charCodeAt(0)};`);

const encodings: readonly (readonly [string, (text: string) => string])[] = [
  ['raw', (text) => text],
  ['base64', base64],
  ['base64 within base64', (text) => base64(`a${text}`)],
  ['base64url', (text) => Buffer.from(`ab${text}`).toString('base64url')],
  ['hex', hex],
  ['percent', percent],
  ['escaped', (text) => text.replace(/./gu, (c) => `\\u00${hex(c)}`)],
  ['references of HTML', references],
  ['hexadecimal references of HTML', (text) => text.replace(/./gu, (c) => `&#x${hex(c)};`)],
  ['references of HTML, escaped for HTML', (text) => references(text).replaceAll('&', '&amp;')],
  ['references of HTML in JSON', (text) => references(text).replaceAll('&', '\\u0026')],
  ['base64 of base64', (text) => base64(base64(text))],
  ['base64 of base64 from its second character', (text) => base64(`a${base64(`a${text}`)}`)],
  ['base64 of base64 from its third character', (text) => base64(`ab${base64(`ab${text}`)}`)],
  ['base64 of hex', (text) => base64(hex(text))],
  ['hex of base64', (text) => hex(base64(text))],
  ['base64 of percent', (text) => base64(percent(text))],
  ['percent of base64', (text) => percent(base64(text))],
  ['base64 of references', (text) => base64(references(text))],
];

test.for<[string, string]>([
  ['wss://user:password@host:444/path?key=secret#part', 'wss://host:444/path'],
  ['wss://user:pass@word@host', 'wss://host'],
  ['wss://host', 'wss://host'],
  ['WSS://user@host/a@b', 'WSS://host/a@b'],
  ['unknown', 'unknown'],
  ['', ''],
])('a URL is shown without what may be secret in it: %s', ([url, shown]) => {
  expect(publicUrl(url)).toBe(shown);
});

test.for(encodings)('a text is shown without a token in it: %s', ([, encode]) => {
  for (const [before, after] of [
    ['bad token ', ''],
    ['', '; again'],
    ['"', '"'],
    ['{"jwt":"', '"}'],
  ] as const) {
    const hidden = withoutTokens(`${before}${encode(TOKEN)}${after}`);
    expect(hidden.startsWith(before) && hidden.endsWith(after)).toBe(true);
    expect(hidden).toContain('[redacted]');
    expect(hidden.length).toBeLessThan(before.length + after.length + 24);
  }
});

const SLOW_PIECES = [
  'e',
  'y',
  'eyJ',
  'a',
  '%65',
  '%',
  '\\',
  '\\u0065',
  '\\\\',
  'ZXlK',
  'leUo',
  'GV5Sg',
  '65794a',
  '0',
  '.',
  'a.',
  '=',
  '%41',
  '616263',
  'YWJj',
  '&#101;',
  '&amp;',
  '\\u0026amp;',
];

/** The fastest of some attempts, in milliseconds of the processor: the machine may be busy. */
function fastest(text: string): number {
  const attempts = Array.from({ length: 4 }, () => {
    const began = process.cpuUsage();
    withoutTokens(text);
    withoutWords(text);
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1_000;
  });
  return Math.min(...attempts);
}

test('eight times as much of a text made to be slow takes about eight times as long, not sixty-four', () => {
  for (const piece of SLOW_PIECES) {
    for (const end of ['', '"', '\0']) {
      const [short = 0, long = 0] = [14, 17].map((power) =>
        fastest(piece.repeat(2 ** power / piece.length) + end),
      );
      expect([piece, end, long < 50 + short * 32]).toEqual([piece, end, true]);
    }
  }
});

test('a writer used alone writes no URL with a password, and no event with a token in it', async () => {
  const folder = temporaryFolder();
  const writer = await openWriter({ folder, url: 'wss://user:password@host/?key=sesame' });
  writer.connection(0, 'open', { url: 'wss://user:password@host/?key=sesame' });
  for (const [, encode] of encodings) {
    const quoted = encode(TOKEN);
    writer.connection(0, 'rejected', {
      message: `bad ${quoted}`,
      [quoted]: [quoted],
      deep: { [quoted]: { quoted } },
    });
  }
  await writer.close();
  const written = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');
  expect(written).toContain('wss://host/');
  expect(written).toContain('[redacted]');
  expect(written).not.toMatch(/password|sesame/);
  for (const [, encode] of encodings) expect(written).not.toContain(encode(TOKEN).slice(20, 60));
});

const event = (ms: number, frame: number): CaptureRecord => ({
  kind: 'connection',
  connection: 0,
  event: SECRET_QUOTED,
  at: instantAt(ms),
  mono: ms * 1_000_000,
  frame,
});

const line = (index: number, ms: number, text: string): CaptureRecord =>
  frameLine({ connection: 0, index, ms, text });

/** A capture whose server quoted a token, whole and in part, and whose header names a password. */
function quotingCapture(): string {
  const quotations = encodings.map(([, encode], index) =>
    line(
      index + 3,
      10 + index,
      JSON.stringify({ type: 'error', message: `bad ${encode(TOKEN)}`, [encode(TOKEN)]: 1 }),
    ),
  );
  const path = join(temporaryFolder(), 'source.ndjson');
  const records: CaptureRecord[] = [
    { ...headerLine(), url: 'wss://user:password@host/' },
    line(0, 1, '{"channel":"l2_data","price":"91846.07"}'),
    line(1, 2, `{"part":"${SIGNATURE}","price":"91846.07"}`),
    event(2, 1),
    line(2, 3, '{"n":2}'),
    ...quotations,
  ];
  writeFileSync(path, sealedText(records).bytes);
  return path;
}

test('a cut that redacts has no token in any encoding, no part that the recorder saw, and no password', async () => {
  const source = quotingCapture();
  const path = join(temporaryFolder(), 'result.ndjson');
  await editCapture(source, path, { redact: ['jwt'] });
  expect(await verifyCapture(path)).toMatchObject({ ok: true, findings: [] });
  const written = readFileSync(path, 'utf8');
  for (const [, encode] of encodings)
    for (let from = 8; from + 24 < TOKEN.length; from += 24)
      expect(written).not.toContain(encode(TOKEN.slice(from, from + 24)).replace(/=+$/, ''));
  expect(written).not.toMatch(/password|secret-quoted/);
  const texts: string[] = [];
  for await (const frame of frames(path)) texts.push(frame.text());
  expect(texts.slice(0, 3)).toEqual([
    '{"channel":"l2_data","price":"91846.07"}',
    '{"part":"[redacted]","price":"91846.07"}',
    '{"n":2}',
  ]);
  for (const text of texts.slice(3)) expect(JSON.parse(text)).toMatchObject({ type: 'error' });
  expect((await inspectCapture(source)).runs[0]?.url).toBe('wss://host/');
});

const ACCOUNT = '5e91f0b7-c284-4d13-9fe6-08a7d35cb942';

test('what stands under a redacted key is hidden wherever it is quoted, also when the place is cut away', async () => {
  const path = join(temporaryFolder(), 'source.ndjson');
  const records: CaptureRecord[] = [
    headerLine(),
    line(
      0,
      1,
      JSON.stringify({ channel: 'subscriptions', user: [ACCOUNT], time: '2026-11-22T05:54:12.123Z' }),
    ),
    ...encodings.map(([, encode], index) =>
      line(
        index + 1,
        10 + index,
        JSON.stringify({ message: `of ${encode(ACCOUNT)}`, [encode(ACCOUNT)]: '2026-11-22T05:54:13.456Z' }),
      ),
    ),
    {
      kind: 'connection',
      connection: 0,
      event: 'rejected',
      at: instantAt(30),
      mono: 30_000_000,
      message: `of ${ACCOUNT}`,
    },
  ];
  writeFileSync(path, sealedText(records).bytes);
  const cut = join(temporaryFolder(), 'result.ndjson');
  await editCapture(path, cut, { redact: ['user', 'time'], from: instantAt(5) });
  expect(await verifyCapture(cut)).toMatchObject({ ok: true, findings: [] });
  const written = readFileSync(cut, 'utf8');
  for (const [, encode] of encodings)
    expect(written).not.toContain(encode(ACCOUNT.slice(4, 22)).replace(/=+$/, ''));
  // What is no id stays: times are of many words.
  expect(written.match(/2026-11-22T05:54:13\.456Z/g)?.length).toBeGreaterThan(6);
});

test('a cut that does not redact keeps the bytes, and the event that names the frame', async () => {
  const path = join(temporaryFolder(), 'result.ndjson');
  await editCapture(quotingCapture(), path, { drop: [{ index: 0 }] });
  const events: unknown[] = [];
  for await (const record of openCapture(path)) if (record.kind === 'connection') events.push(record);
  expect(events).toMatchObject([{ event: SECRET_QUOTED, frame: 0 }]);
  expect(readFileSync(path, 'utf8')).toContain(SIGNATURE);
  const without = join(temporaryFolder(), 'result.ndjson');
  await editCapture(quotingCapture(), without, { drop: [{ index: 1 }] });
  expect(readFileSync(without, 'utf8')).not.toContain(SECRET_QUOTED);
});
