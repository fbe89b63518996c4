import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';

/** A number from 0 to 1, and what is made of it; the same seed gives the same ones. */
export interface Random {
  next(): number;
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: <T>(items: readonly T[]) => items[below(items.length)] as T,
  };
}

/** What a folder can be made of that is no plain file: made once, because each costs a process or a server. */
export interface SpecialFiles {
  readonly pipe: string;
  readonly socket: string;
  /** Where devices may be made. */
  readonly device: string | undefined;
}

/** Everything that stands beside the hostile folder and must stay as it is. */
export function writeCanaries(folder: string): void {
  mkdirSync(join(folder, 'other'), { recursive: true });
  const files: Readonly<Record<string, string>> = {
    '.profile': 'export PATH\nno newline at the end',
    'thesis.txt': 'years of work\n',
    'cdp_api_key.json': '{"name":"organizations/x","privateKey":"secret"}',
    'other/manifest.ndjson': '{"kind":"later"}\n',
    'other/x-000000.ndjson': `${header('x', 0)}\n${frame(0, 0)}\n`,
    'other/x-000001.ndjson.partial': `${header('x', 1)}\n{"kind":"fra`,
    'other/notes.tmp': 'a draft\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
}

/** What a tree is: names, kinds, modes, owners, contents. Follows nothing. */
export function fingerprint(path: string): string {
  const stats = lstatSync(path);
  const about = [path, stats.mode, stats.uid, stats.isDirectory() ? '' : stats.mtimeMs].join(' ');
  if (stats.isSymbolicLink()) return `${about} -> ${readlinkSync(path)}`;
  if (stats.isDirectory()) {
    return [
      about,
      ...readdirSync(path)
        .toSorted()
        .map((name) => fingerprint(join(path, name))),
    ].join('\n');
  }
  if (!stats.isFile()) return about;
  const bytes = stats.size > 4_000_000 ? Buffer.from(String(stats.size)) : readFileSync(path);
  return `${about} ${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Names that no recorder gives: in its folder they are the user's own. */
const USERS_NAMES = [
  'notes.tmp',
  'work.tmp',
  'fixture.ndjson',
  '-rf.ndjson',
  'a\nb.ndjson',
  '\u001B[31m.ndjson',
  `${'y'.repeat(200)}.ndjson`,
];

/** What of a folder is the user's own, whatever a recorder does in it. */
export function fingerprintOfUsers(folder: string): string {
  const names = readdirSync(folder).filter((name) => USERS_NAMES.includes(name));
  return names
    .toSorted()
    .map((name) => fingerprint(join(folder, name)))
    .join('\n');
}

const RUNS = ['20261122T055412Z-0badcafe', 'r', 'x'.repeat(64)] as const;
const AT = '2026-11-22T05:54:12.000000000Z';
const HOSTILE_TEXTS = [
  '$(id)',
  '../../x',
  '\u001B[31m\u202E',
  '',
  '__proto__',
  'toString',
  'x'.repeat(2000),
  '<script>',
] as const;

/** A value of any type, where a text or a number should be. */
function oddValue(random: Random): unknown {
  return random.pick<unknown>([
    { toString: 1 },
    { valueOf: 'x' },
    [],
    [[[[[[]]]]]],
    null,
    true,
    -1,
    1.5,
    1e300,
    2 ** 53,
    '',
    random.pick(HOSTILE_TEXTS),
  ]);
}

/** An object of which now and then a value is odd, or gone. */
function spoilt(random: Random, object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...object };
  for (const key of Object.keys(object)) {
    if (random.chance(0.06)) result[key] = oddValue(random);
    if (random.chance(0.02)) delete result[key];
  }
  return result;
}

const headerOf = (run: string, segment: number): Readonly<Record<string, unknown>> => ({
  kind: 'header',
  version: 1,
  run,
  segment,
  previous: null,
  software: 'test',
  url: 'wss://example.test',
  at: AT,
  mono: 0,
  fsync: '1s',
  private: false,
});
const frameOf = (connection: number, index: number, raw: unknown): Readonly<Record<string, unknown>> => ({
  kind: 'frame',
  connection,
  index,
  at: AT,
  mono: index,
  raw,
});
const header = (run: string, segment: number): string => JSON.stringify(headerOf(run, segment));
const frame = (connection: number, index: number): string =>
  JSON.stringify(frameOf(connection, index, message('heartbeats', index)));

function message(channel: string, sequence: number, product = 'BTC-USD'): object {
  const trade = { trade_id: '1', product_id: product, price: '1', size: '1', side: 'BUY', time: AT };
  const events =
    channel === 'market_trades'
      ? [{ type: 'update', trades: [trade] }]
      : [{ current_time: AT, heartbeat_counter: sequence }];
  return { channel, client_id: '', timestamp: AT, sequence_num: sequence, events };
}

function rawPayload(random: Random, index: number): unknown {
  return random.pick<unknown>([
    message('heartbeats', index),
    message('market_trades', index),
    message('market_trades', index, random.pick(HOSTILE_TEXTS)),
    message(random.pick(HOSTILE_TEXTS), index),
    { type: 'error', message: random.pick(HOSTILE_TEXTS) },
    { channel: oddValue(random), sequence_num: oddValue(random), events: oddValue(random) },
  ]);
}

function recordOf(random: Random, index: number): Readonly<Record<string, unknown>> {
  const stamp = { at: AT, mono: index };
  const connection = random.pick([0, 0, 1, 2 ** 53 - 1]);
  return random.pick<Readonly<Record<string, unknown>>>([
    frameOf(connection, index, rawPayload(random, index)),
    frameOf(connection, index, rawPayload(random, index)),
    { kind: 'connection', connection, event: random.pick(['open', 'close', ...HOSTILE_TEXTS]), ...stamp },
    {
      kind: 'gap',
      connection,
      why: random.pick(['sequence', 'disk_full']),
      count: 2,
      from: 1,
      to: 2,
      ...stamp,
    },
    { kind: 'sent', connection, ...stamp, raw: { type: 'subscribe', jwt: 'x' } },
    { kind: 'clock', offsetMs: 1, ...stamp },
    { kind: 'checkpoint', offset: 0, lines: 0, sha256: '0'.repeat(64) },
    { kind: random.pick(HOSTILE_TEXTS), ...stamp },
  ]);
}

/** A segment's text: sealed or not, true or not. */
function segmentText(random: Random, run: string, segment: number): Buffer {
  const lines = [
    JSON.stringify(random.chance(0.3) ? spoilt(random, headerOf(run, segment)) : headerOf(run, segment)),
  ];
  for (let index = 0; index < random.below(12); index += 1) {
    const record = recordOf(random, index);
    lines.push(JSON.stringify(random.chance(0.2) ? spoilt(random, record) : record));
  }
  let text = `${lines.join('\n')}\n`;
  if (random.chance(0.6)) {
    const sha256 = createHash('sha256').update(text).digest('hex');
    const frames = lines.filter((line) => line.startsWith('{"kind":"frame"')).length;
    const gaps = lines.filter((line) => line.startsWith('{"kind":"gap"')).length;
    const end = {
      kind: 'end',
      offset: Buffer.byteLength(text),
      lines: lines.length,
      frames,
      gaps,
      sha256,
      why: random.pick(['close', 'crash', ...HOSTILE_TEXTS]),
    };
    text += `${JSON.stringify(random.chance(0.2) ? spoilt(random, end) : end)}\n`;
  }
  if (random.chance(0.3))
    text += random.pick(['{"kind":"fra', '\n\n', '\u0000'.repeat(5000), '{}\n', 'null\n', '[]\n']);
  return Buffer.from(text);
}

function manifestText(random: Random): string {
  const names = [
    ...RUNS.map((run) => `${run}-000000.ndjson`),
    '../canary/thesis.txt',
    '../canary/other/x-000000.ndjson',
    '/etc/hostname',
    'notes.tmp',
    '.',
    '..',
    'manifest.ndjson',
  ];
  const run = random.pick(RUNS);
  const name = random.pick(names);
  const zst = `${name}.zst`;
  const counts = { bytes: 1, lines: 1, frames: 0, gaps: 0 };
  const sha256 = '0'.repeat(64);
  const entries = [
    { kind: 'sealed', file: name, run, segment: 0, ...counts, sha256, why: '$(id)', at: AT },
    { kind: 'compressed', file: zst, from: name, bytes: 1, sha256, at: AT },
    { kind: 'deleted', file: name, segment: name, why: 'x', at: AT },
    { kind: 'moved', file: name, segment: name, to: '../canary/other', at: AT },
    { kind: 'received', file: name, segment: name, from: '../canary/other', at: AT },
    { kind: 'gone', run, from: 0, to: 2 ** 52, how: 'deleted', frames: 1, bytes: 1, at: AT },
  ];
  if (random.chance(0.3)) {
    // Whole and consistent, so that only the names are wrong.
    const canaries = ['thesis.txt', '.profile', 'other/x-000000.ndjson', 'cdp_api_key.json'];
    const sealed = canaries.map((canary, segment) => {
      const about = { file: `../canary/${canary}`, run, segment };
      return { kind: 'sealed', ...about, ...counts, sha256, why: 'close', at: AT };
    });
    return `${sealed.map((entry) => JSON.stringify(entry)).join('\n')}\n`;
  }
  const lines = Array.from({ length: random.below(8) }, () =>
    random.pick([
      () => JSON.stringify(random.pick(entries)),
      () => JSON.stringify(spoilt(random, random.pick(entries))),
      () => '['.repeat(20_000),
      () => JSON.stringify({ kind: 'sealed', file: 'x'.repeat(100_000) }),
      () => '\u0000\u0001garbage',
      () => 'null',
    ])(),
  );
  return `${lines.join('\n')}${random.chance(0.8) ? '\n' : ''}`;
}

function lockText(random: Random): string {
  const holder = {
    id: '0b5c7e0a-0000-4000-8000-000000000000',
    host: hostname(),
    pid: 2 ** 22 + 1,
    started: '1',
    namespace: null,
  };
  return random.pick([
    JSON.stringify(holder),
    JSON.stringify(spoilt(random, { ...holder, host: hostname() })),
    '',
    'x',
    '{',
    'null',
    '[]',
  ]);
}

/** A file of one of the recorder's names, or one like it, with something in it. */
function writeAnyFile(random: Random, path: (name: string) => string, name: string): void {
  const run = random.pick(RUNS);
  const text = segmentText(random, run, random.below(3));
  const content = (): Buffer | string => {
    if (name === 'manifest.ndjson') return manifestText(random);
    if (name.includes('writer.lock')) return lockText(random);
    if (name.endsWith('.sha256'))
      return random.pick(['0', `${'0'.repeat(64)}  ../canary/thesis.txt\n`, 'x'.repeat(100_000)]);
    if (name.endsWith('.zst'))
      return random.pick([
        zstdCompressSync(text),
        zstdCompressSync(text).subarray(0, 20),
        text,
        zstdCompressSync(Buffer.alloc(2_000_000)),
      ]);
    if (name.endsWith('.gz')) return random.pick([gzipSync(text), gzipSync(text).subarray(0, 20), text]);
    return random.pick([text, text, text, Buffer.alloc(0), Buffer.alloc(100, 255)]);
  };
  writeFileSync(path(name), content(), { mode: 0o600 });
  if (random.chance(0.04)) truncateSync(path(name), random.pick([1, 3_000_000, 2 ** 28, 2 ** 40]));
}

/** What stands at a name in the place of a file. */
function placeTrap(random: Random, path: string, canaries: string, special: SpecialFiles): void {
  const target = random.pick([
    join(canaries, '.profile'),
    '../canary/thesis.txt',
    join(canaries, 'other', 'x-000001.ndjson.partial'),
    join(canaries, 'other'),
    '/dev/zero',
    '/dev/null',
    '/nowhere/at/all',
    '.',
    path,
  ]);
  random.pick([
    () => symlinkSync(target, path),
    () => symlinkSync(target, path),
    () => {
      symlinkSync(target, `${path}.chain`);
      symlinkSync(`${path}.chain`, path);
    },
    () =>
      linkSync(random.pick([join(canaries, 'thesis.txt'), join(canaries, 'other', 'x-000000.ndjson')]), path),
    () => linkSync(special.pipe, path),
    () => linkSync(special.socket, path),
    () => linkSync(special.device ?? special.pipe, path),
    () => {
      mkdirSync(path);
      writeFileSync(join(path, 'inside.txt'), 'x');
    },
  ])();
}

function anyName(random: Random): string {
  const segment = `${random.pick(RUNS)}-${String(random.below(3)).padStart(6, '0')}.ndjson`;
  const end = random.pick([
    '',
    '',
    '.partial',
    '.zst',
    '.gz',
    '.sha256',
    '.torn',
    '.torn.1',
    '.zst.sha256',
    '.sha256.tmp',
    '.zst.tmp',
    '.torn.tmp',
    '.partial.tmp',
  ]);
  return random.pick([
    `${segment}${end}`,
    `${segment}${end}`,
    `${segment}${end}`,
    'manifest.ndjson',
    'manifest.ndjson.tmp',
    'writer.lock',
    'writer.lock.garbled.right',
    'reserve.bin',
    ...USERS_NAMES,
  ]);
}

/** Fills a folder with what a stranger may have put there. */
export function writeHostileFolder(
  random: Random,
  folder: string,
  { canaries, special }: { readonly canaries: string; readonly special: SpecialFiles },
): void {
  mkdirSync(folder, { mode: 0o700 });
  const path = (name: string): string => join(folder, name);
  const names = new Set(Array.from({ length: 1 + random.below(8) }, () => anyName(random)));
  for (const name of names) {
    if (random.chance(0.3)) placeTrap(random, path(name), canaries, special);
    else writeAnyFile(random, path, name);
  }
  if (process.geteuid?.() === 0 && random.chance(0.1)) {
    const [name] = names;
    // A link's own owner, or that of a file with one name: the canaries stay the user's.
    if (lstatSync(path(name ?? '')).nlink === 1 && !lstatSync(path(name ?? '')).isSymbolicLink())
      chownSync(path(name ?? ''), 12_345, 12_345);
  }
  if (random.chance(0.1)) chmodSync(folder, random.pick([0o777, 0o770, 0o1777, 0o500]));
  if (process.geteuid?.() === 0 && random.chance(0.05)) chownSync(folder, 12_345, 12_345);
}
