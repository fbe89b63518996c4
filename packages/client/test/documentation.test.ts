import { readFileSync } from 'node:fs';
import { defaultPatience, endings } from '@feedtape/client';
import { expect, test } from 'vitest';

const page = readFileSync(new URL('../../../docs/reliability.md', import.meta.url), 'utf8');

/** The first cells of the rows between two marks. */
function table(mark: string): string[][] {
  const [, text = ''] = new RegExp(`<!-- ${mark} -->\n([\\s\\S]*?)\n<!-- /${mark} -->`).exec(page) ?? [];
  const rows = text.split('\n').slice(2);
  return rows.map((row) => row.slice(2, -2).split(' | '));
}

test('the page tells every ending and its remedy as the code has it', () => {
  expect(table('endings')).toEqual(
    [...endings.values()].map(({ match, action: remedy, reason: why }) => [`\`${match}\``, remedy, why]),
  );
});

test('the page tells every wait and its default', () => {
  expect(table('patience').map(([option, value]) => [option, value])).toEqual(
    Object.entries(defaultPatience).map(([option, value]: [string, number]) => [
      `\`${option}\``,
      value.toLocaleString('en-US'),
    ]),
  );
});
