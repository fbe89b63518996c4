import { readFileSync } from 'node:fs';
import { decode, peek } from '@feedtape/protocol';
import { expect, test } from 'vitest';

interface Golden {
  readonly what: string;
  readonly kind: string;
  readonly frame: string;
}

const golden = readFileSync(new URL('golden/frames.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden);

test.each(golden)('$what: $kind', ({ kind, frame }) => {
  const bytes = new TextEncoder().encode(frame);
  const value = JSON.parse(frame) as { readonly channel?: string; readonly sequence_num?: number };
  const decoded = decode(bytes);
  expect(decoded).toEqual(decode(frame));
  expect(decoded).toMatchObject({
    kind,
    ...(kind === 'message' && { channel: value.channel, sequence: value.sequence_num, message: value }),
    ...(kind === 'unknown' && { channel: value.channel, sequence: value.sequence_num, value }),
    ...(kind === 'invalid' && { channel: value.channel, sequence: value.sequence_num }),
  });
  expect(peek(bytes)).toMatchObject(
    value.channel === undefined ? {} : { channel: value.channel, sequence: value.sequence_num },
  );
});
