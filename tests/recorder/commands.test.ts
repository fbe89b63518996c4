// @module-tag slow

import { beforeAll, expect, test } from 'vitest';
import { feedtape } from './feedtape.ts';

/** What a command offers besides its own options; the promise of the whole command line. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  record: ['--json', '--quiet', '--log-level', '--log-format', '--config', 'Examples'],
  verify: ['--json', '--quiet', 'Examples'],
  repair: ['--json', '--quiet', 'Examples'],
  inspect: ['--json', '--quiet', 'Examples'],
  cat: ['--json', '--quiet', 'Examples'],
  cut: ['--json', 'Examples'],
  import: ['--json', 'Examples'],
  export: ['--json', '--quiet', 'Examples'],
  drift: ['--json', '--quiet', 'Examples'],
  replay: ['--json', '--quiet', 'Examples'],
  simulate: ['--json', '--quiet', 'Examples'],
  // Prints a token or a script for a shell: there is nothing else that could be JSON, or quieter.
  jwt: ['--key-file'],
  completion: ['Examples'],
};

let listed: readonly string[] = [];

beforeAll(async () => {
  const help = (await feedtape(['--help'])).stdout.toString();
  listed = [...help.matchAll(/^ {2}([a-z]+)(?: .*)? {2}\S/gmu)]
    .map(([, name = '']) => name)
    .filter((name) => name !== 'feedtape' && name !== 'help');
});

test('the help lists every command of this table and no other', () => {
  expect(listed.toSorted()).toEqual(Object.keys(COMMANDS).toSorted());
});

test.for(Object.entries(COMMANDS))('%s offers %s', async ([command, wanted]) => {
  const { code, stdout, stderr } = await feedtape([command, '--help']);
  const help = stdout.toString() + stderr;
  for (const each of wanted) expect(help).toContain(each);
  expect(code).toBe(0);
});
