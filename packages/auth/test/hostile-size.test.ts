import { isAuthError, readKey } from '@feedtape/auth';
import { expect, test } from 'vitest';

const FULL = 65_536;
const filled = (unit: string, length = FULL): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

// Patterns that look back and forth take quadratic time on such texts: seconds instead of milliseconds.
test.for([
  '\\',
  '\\n',
  '"',
  '" ',
  '-',
  '-----BEGIN ',
  '-----BEGIN PRIVATE KEY-----',
  '-----BEGIN X-----',
  ' ',
  '\n',
  '=',
  'A',
  '{',
  '{"a":',
  '[',
  '\uFEFF',
  '“',
  'e30.',
])('%j repeated up to the limit and beyond is refused without delay', (unit) => {
  const before = process.cpuUsage();
  for (const text of [filled(unit), `{"privateKey":"${filled(unit)}"}`, filled(unit, 2_000_000)]) {
    expect(() => readKey(text, { name: 'n' })).toThrow(expect.toSatisfy(isAuthError));
    expect(() => readKey({ privateKey: text }, { name: 'n' })).toThrow(expect.toSatisfy(isAuthError));
    expect(() => readKey({ privateKey: 'x' }, { name: text })).toThrow(expect.toSatisfy(isAuthError));
  }
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(1500);
});
