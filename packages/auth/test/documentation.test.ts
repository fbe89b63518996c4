import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const room = join(import.meta.dirname, '..');
const page = readFileSync(join(room, '../../docs/authentication.md'), 'utf8');
const documented = new Set([...page.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word));

test('every error code and every objection is in the documentation, with its cure', () => {
  const errors = readFileSync(join(room, 'src/model/auth-error.ts'), 'utf8').match(/\bAUTH_[A-Z_]+\b/g) ?? [];
  const objections = readFileSync(join(room, 'src/model/objection.ts'), 'utf8').matchAll(
    /^ {2}\| '([a-z-]+)'/gm,
  );
  const codes = [...new Set([...errors, ...[...objections].map(([, code]) => code ?? '')])];
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !documented.has(code))).toEqual([]);
});

test('the promises name tests that exist', () => {
  const readme = readFileSync(join(room, 'README.md'), 'utf8');
  const named = [...new Set(readme.match(/[\w-]+(?:\.property)?\.test\.ts/g) ?? [])];
  expect(named.length).toBeGreaterThan(5);
  for (const name of named) expect(() => readFileSync(join(room, 'test', name))).not.toThrow();
});
