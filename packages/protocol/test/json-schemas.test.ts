import { errorSchema, MESSAGE_SCHEMAS, requestSchema } from '@feedtape/protocol';
import { expect, test } from 'vitest';
import * as z from 'zod';

/** The published files; `npx vitest run json-schemas -u` writes them anew after a schema has changed. */
const published = { ...MESSAGE_SCHEMAS, error: errorSchema, request: requestSchema };

test.each(Object.entries(published))('schema/%s.json says what the zod schema says', async (name, schema) => {
  const { $schema, ...rest } = z.toJSONSchema(schema);
  const document = { $schema, $id: `https://unpkg.com/@feedtape/protocol/schema/${name}.json`, ...rest };
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(`../schema/${name}.json`);
});
