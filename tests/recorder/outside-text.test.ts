// @module-tag slow

// What a stranger's capture says reaches a screen as text and nothing else, from every command and in both formats.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { feedtape } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Clears a screen, rings, hides, sets a title in C1, turns text around, starts lines of its own. */
const HOSTILE =
  '\u001B[2J\u0007\u009B31m\u009D0;owned\u009C\u202Eevil\u2066\u200F\u2028\u0085\u007F\nFORGED\n';
/** By what a terminal obeys, and not by the categories that the program uses; line feeds are between our lines. */
// oxlint-disable no-control-regex -- controls are what is looked for
const OBEYED =
  /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]|^FORGED/mu;

const AT = '2026-11-22T05:54:12.123456789Z';

/** A folder whose every text is hostile, in a file that was never ended and in one that was torn. */
function hostileFolder(): string {
  const folder = join(temporaryFolder(), 'capture');
  mkdirSync(folder, { mode: 0o700 });
  const stamp = { at: AT, mono: 1 };
  const lines = [
    {
      kind: 'header',
      version: 1,
      run: HOSTILE,
      segment: 0,
      previous: HOSTILE,
      software: HOSTILE,
      url: HOSTILE,
      at: AT,
      fsync: HOSTILE,
      private: false,
    },
    { kind: 'connection', connection: 0, event: HOSTILE, ...stamp, reason: HOSTILE, [HOSTILE]: HOSTILE },
    {
      kind: 'frame',
      connection: 0,
      index: 0,
      ...stamp,
      raw: {
        channel: HOSTILE,
        timestamp: HOSTILE,
        sequence_num: 0,
        events: [{ type: HOSTILE, product_id: HOSTILE, [HOSTILE]: HOSTILE }],
      },
    },
    {
      kind: 'frame',
      connection: 0,
      index: 1,
      ...stamp,
      raw: {
        channel: 'ticker',
        timestamp: HOSTILE,
        sequence_num: 7,
        events: [{ type: 'update', tickers: [{ type: 'ticker', product_id: HOSTILE, price: HOSTILE }] }],
      },
    },
    { kind: 'frame', connection: 0, index: 3, ...stamp, text: HOSTILE },
    { kind: 'gap', connection: 0, ...stamp, why: HOSTILE, count: null, [HOSTILE]: HOSTILE },
    { kind: HOSTILE, connection: HOSTILE },
    { kind: 'end', offset: 1, lines: 1, frames: 1, gaps: 1, sha256: HOSTILE, why: HOSTILE },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  writeFileSync(join(folder, 'x-000000.ndjson.partial'), `${text}torn ${HOSTILE}`);
  writeFileSync(join(folder, 'y-000000.ndjson'), `${text}not a record ${HOSTILE}\n`);
  writeFileSync(
    join(folder, 'manifest.ndjson'),
    `${JSON.stringify({ kind: 'sealed', file: HOSTILE, run: HOSTILE, why: HOSTILE })}\n`,
  );
  writeFileSync(join(folder, `${HOSTILE.replaceAll(/[/\0]/gu, '')}.ndjson`), text);
  return folder;
}

const hostileNames = (folder: string): readonly string[] =>
  readdirSync(folder).flatMap((name) => (name.includes('FORGED') ? join(folder, name) : []));

const COMMANDS: readonly (readonly [string, (folder: string) => readonly string[]])[] = [
  ['verify', (folder) => ['verify', folder]],
  ['verify --json', (folder) => ['verify', folder, '--json']],
  ['inspect', (folder) => ['inspect', folder]],
  ['inspect --json', (folder) => ['inspect', folder, '--json']],
  ['drift', (folder) => ['drift', folder]],
  ['drift --json', (folder) => ['drift', folder, '--json']],
  ['cat --json', (folder) => ['cat', folder, '--json']],
  ['export', (folder) => ['export', folder, '--out', join(folder, '..', 'tables')]],
  ['export --json', (folder) => ['export', folder, '--out', join(folder, '..', 'tables'), '--json']],
  ['cut', (folder) => ['cut', join(folder, 'y-000000.ndjson'), '-o', join(folder, '..', 'cut.ndjson')]],
  ['repair', (folder) => ['repair', folder]],
  ['repair --json', (folder) => ['repair', folder, '--json']],
  [
    'import',
    (folder) => [
      'import',
      join(folder, 'y-000000.ndjson'),
      '--source',
      HOSTILE,
      '-o',
      join(folder, '..', 'i.ndjson'),
    ],
  ],
  ['a file of a hostile name', (folder) => ['cat', ...hostileNames(folder)]],
  [
    'a folder of a hostile name',
    (folder) => ['record', '--simulate', '--frames', '1', '-o', join(folder, HOSTILE)],
  ],
  ['a configuration of a hostile name', (folder) => ['record', '--config', join(folder, HOSTILE)]],
  ['a name that is not there', () => ['verify', `/nowhere/${HOSTILE.replaceAll('\0', '')}`]],
  ['an option that is none', () => ['verify', `--${HOSTILE}`]],
];

test.for(COMMANDS)('%s shows no control characters', async ([, command]) => {
  const { stdout, stderr } = await feedtape(command(hostileFolder()));
  expect(stdout.toString()).not.toMatch(OBEYED);
  expect(stderr).not.toMatch(OBEYED);
  expect(stdout.length + stderr.length).toBeGreaterThan(0);
  expect(stderr).not.toContain('internal error');
});
