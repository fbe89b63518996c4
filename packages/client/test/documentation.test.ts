import { readFileSync } from 'node:fs';
import { defaultBackoff, defaultTimeouts } from '@feedtape/client';
import { expect, test } from 'vitest';
import { retryRules } from '#shard/retry-policy';

const page = readFileSync(new URL('../../../docs/reliability.md', import.meta.url), 'utf8');

/** The first cells of the rows between two marks. */
function table(mark: string): string[][] {
  const [, text = ''] = new RegExp(`<!-- ${mark} -->\n([\\s\\S]*?)\n<!-- /${mark} -->`).exec(page) ?? [];
  const rows = text.split('\n').slice(2);
  return rows.map((row) => row.slice(2, -2).split(' | '));
}

test('the page lists every retry rule with its action and reason', () => {
  expect(table('endings')).toEqual(
    [...retryRules.values()].map(({ match, action, reason }) => [`\`${match}\``, action, reason]),
  );
});

test.for([
  ['timeouts', defaultTimeouts],
  ['backoff', defaultBackoff],
] as const)('the page lists every option of %s and its default', ([name, defaults]) => {
  expect(table(name).map(([option, value]) => [option, value])).toEqual(
    Object.entries(defaults).map(([option, value]: [string, number]) => [
      `\`${option}\``,
      value.toLocaleString('en-US'),
    ]),
  );
});
