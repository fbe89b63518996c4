// @module-tag slow

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { feedtape } from './feedtape.ts';
import { temporaryFolder } from './temporary-folder.ts';

const scripts: Record<string, string> = {};

async function print(shell: string): Promise<void> {
  scripts[shell] = (await feedtape(['completion', shell])).stdout.toString();
}

beforeAll(async () => {
  await Promise.all(['bash', 'zsh', 'fish'].map(print));
});

const missing = (shell: string): boolean => spawnSync(shell, ['-c', 'true']).error !== undefined;

/** What a real bash offers after these words; the last one is being typed. */
function inBash(...words: readonly string[]): readonly string[] {
  const program = `${scripts['bash']}
    COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 )); _feedtape; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ['--norc', '--noprofile', '-euc', program, 'bash', 'feedtape', ...words];
  const { stdout, stderr } = spawnSync('bash', args, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

test('bash completes commands, options, channels, tables and choices', ({ skip }) => {
  skip(missing('bash'), 'no bash here');
  expect(inBash('re')).toEqual(['record', 'repair', 'replay']);
  expect(inBash('--ver')).toEqual(['--version']);
  expect(inBash('export', '--re')).toEqual(['--redact']);
  expect(inBash('record', '--channel', 'ti')).toEqual(['ticker', 'ticker_batch']);
  expect(inBash('export', 'captures', '-t', 'l')).toEqual(['level2']);
  expect(inBash('export', 'captures', '--format', '')).toEqual(['parquet', 'ndjson']);
  expect(inBash('completion', '')).toEqual(['bash', 'zsh', 'fish']);
});

test('where a path or a free value belongs, bash is offered no words', ({ skip }) => {
  skip(missing('bash'), 'no bash here');
  expect(inBash('verify', '')).toEqual([]);
  expect(inBash('record', '--product', '')).toEqual([]);
  expect(inBash('record', '--out', '')).toEqual([]);
});

test('in the tab completion of bash itself, files are offered for paths and not for other values', ({
  skip,
}) => {
  skip(missing('bash'), 'no bash here');
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'captures'));
  writeFileSync(join(folder, 'complete.sh'), scripts['bash'] ?? '');
  // A terminal of its own, so that Tab reaches readline; show-all-if-ambiguous needs only one Tab.
  const typed = [
    'bind \'set show-all-if-ambiguous on\'; PS1=; feedtape() { echo "[$*]"; }; . ./complete.sh',
    'feedtape verify capt\t',
    'feedtape export x --form\tndj\t',
    'feedtape record -p capt\t',
    'exit',
  ];
  const { stdout } = spawnSync('script', ['-qec', 'bash --norc --noprofile -i', '/dev/null'], {
    cwd: folder,
    input: `${typed.join('\n')}\n`,
    encoding: 'utf8',
    timeout: 20_000,
  });
  skip(stdout === null, 'no script(1) here, which gives bash a terminal');
  expect(stdout).toContain('[verify captures/]');
  expect(stdout).toContain('[export x --format ndjson]');
  expect(stdout).toContain('[record -p capt]');
});

/** What a real fish offers after this line. */
function inFish(line: string): readonly string[] {
  const program = `${scripts['fish']}\ncomplete -C '${line}'`;
  const { stdout, stderr } = spawnSync('fish', ['--no-config', '-c', program], {
    encoding: 'utf8',
    env: { ...process.env, HOME: temporaryFolder() },
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

test('fish completes the same, with descriptions', ({ skip }) => {
  skip(missing('fish'), 'no fish here');
  expect(inFish('feedtape verif')).toEqual([expect.stringMatching(/^verify\tcheck a capture/u)]);
  expect(inFish('feedtape record --channel ti').map((line) => line.split('\t')[0])).toEqual([
    'ticker',
    'ticker_batch',
  ]);
  expect(inFish('feedtape export x --red')).toEqual([expect.stringMatching(/^--redact\tomit/u)]);
});

test('zsh completes the same in a terminal', ({ skip }) => {
  skip(missing('zsh'), 'no zsh here');
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'complete.zsh'), scripts['zsh'] ?? '');
  const program = `
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell 'PS1= RPS1=; autoload -Uz compinit; compinit -u -D; feedtape() { print "[$*]" }; . ./complete.zsh'
    zpty -w shell $'feedtape exp\\t-t lev\\tx --form\\tnd\\t'
    zpty -w shell $'feedtape record -c heart\\t'
    zpty -w shell 'print finish""ed'
    zpty -r -m shell out '*finished*'
    print -r -- $out`;
  const { stdout } = spawnSync('zsh', ['-f', '-c', program], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, TERM: 'dumb' },
  });
  expect(stdout).toContain('[export -t level2 x --format ndjson]');
  expect(stdout).toContain('[record -c heartbeats]');
});

test('every command is completed: the words come from the program itself', async () => {
  const help = (await feedtape(['--help'])).stdout.toString();
  const commands = [...help.matchAll(/^ {2}([a-z]+) .*\S/gmu)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'feedtape' && name !== 'help');
  expect(commands.length).toBeGreaterThan(9);
  for (const shell of Object.values(scripts))
    for (const command of commands) expect(shell).toMatch(new RegExp(`\\b${command}\\b`, 'u'));
});
