import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactRequest } from '#format/redact-request';

/** As a JWT looks: nothing else in a request can be it by accident. */
const token = fc
  .tuple(
    ...[0, 1, 2].map(() =>
      fc.string({
        unit: fc.constantFrom('a', 'b', 'Y', 'Z', '0', '9', '_', '-'),
        minLength: 20,
        maxLength: 40,
      }),
    ),
  )
  .map((parts) => `eyJ${parts.join('.')}`);

const request = fc.record({
  type: fc.constantFrom('subscribe', 'unsubscribe'),
  channel: fc.string(),
  product_ids: fc.array(fc.string()),
  more: fc.jsonValue(),
});

test('whatever a request holds besides, its record has no part of its token', () => {
  fc.assert(
    fc.property(request, token, fc.boolean(), (about, jwt, asText) => {
      const whole = { ...about, jwt, auth: [{ jwt }] };
      const recorded = redactRequest(asText ? JSON.stringify(whole) : whole);
      for (const part of jwt.split('.')) expect(recorded).not.toContain(part);
      expect(JSON.parse(recorded)).toMatchObject({ type: about.type, jwt: '[redacted]' });
    }),
  );
});
