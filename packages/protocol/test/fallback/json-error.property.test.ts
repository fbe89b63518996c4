import { findJsonError } from '#fallback/json-error';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';

const find = (text: string) => findJsonError({ length: text.length, at: (index) => text.charCodeAt(index) });

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const json = fc.jsonValue().map((value) => JSON.stringify(value, null, 1));
const edits = fc.array(
  fc.tuple(
    fc.nat(),
    fc.constantFrom('', '"', '\\', '\\u12', '{', ']', ',', ':', '-', '1e', '.', '0', ' ', '\u0001', 'null'),
  ),
  { maxLength: 3 },
);

test('an error is found if and only if the text is not JSON', () => {
  fc.assert(
    fc.property(json, edits, (text, changes) => {
      const edited = changes.reduce((before, [at, inserted]) => {
        const position = at % (before.length + 1);
        return before.slice(0, position) + inserted + before.slice(position + 1);
      }, text);
      expect(find(edited) === undefined).toBe(isJson(edited));
    }),
    { numRuns: 5_000 },
  );
});

test('the text before the error could start valid JSON, the text up to it could not', () => {
  expect(find('{"a":[1,2,}')).toEqual({ offset: 10, reason: 'expected a value' });
  expect(find('[1 2]')).toEqual({ offset: 3, reason: 'expected a comma or the end of the container' });
  expect(find('"\\x"')).toEqual({ offset: 2, reason: 'not an escape' });
  expect(find('[-]')).toEqual({ offset: 2, reason: 'expected a digit' });
  expect(find('{"a" 1}')).toEqual({ offset: 5, reason: 'expected a colon' });
});
