import { expect, test } from 'vitest';
import { createRecordDecoder, encodePayload, encodeRecord, frameBytes, parseRecord } from '@feedtape/capture';
import type { FrameRecord } from '@feedtape/capture';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function frame(bytes: Uint8Array, binary = false): FrameRecord {
  const envelope = {
    kind: 'frame',
    connection: 0,
    index: 7,
    at: '2026-11-22T05:54:12.223456789Z',
    mono: 100,
  } as const;
  return { ...envelope, ...(binary && { binary }), ...encodePayload(bytes, binary) };
}

function throughALine(record: FrameRecord): Uint8Array {
  const decoder = createRecordDecoder({ strict: true });
  decoder.push(encodeRecord(record));
  const line = decoder.next();
  expect(decoder.next()).toEqual({ kind: 'need-more' });
  expect(decoder.finish()).toBeUndefined();
  if (line.kind !== 'record' || line.record.kind !== 'frame') throw new Error(JSON.stringify(line));
  return frameBytes(line.record);
}

const hazards: Readonly<Record<string, Uint8Array>> = {
  'a newline': utf8('{"a":\n1}'),
  'a carriage return': utf8('{"a":\r1}'),
  'a NUL': utf8('{"a":"\0"}'),
  'a byte order mark': utf8('\uFEFF{"a":1}'),
  'U+2028 within a string': utf8('{"a":"\u2028"}'),
  'invalid JSON': utf8('{"a":}'),
  'nothing at all': utf8(''),
  'a lone quote': utf8('"'),
  'a forged record': utf8('{}}\n{"kind":"end","offset":0}'),
  'a forged key': utf8('{"a":1},"x":{}'),
  'a closing brace too many': utf8('{}}'),
  'bytes after the object': utf8('{} {}'),
  'invalid UTF-8': Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d),
  'an overlong slash': Uint8Array.of(0x22, 0xc0, 0xaf, 0x22),
  'a lone surrogate in UTF-8': Uint8Array.of(0xed, 0xa0, 0x80),
  'all 256 bytes': Uint8Array.from({ length: 256 }, (_, n) => n),
  'nesting without end': utf8('['.repeat(100_000)),
  'plain JSON': utf8('{"channel":"heartbeats","sequence_num":0,"events":[]}'),
};

test.for(Object.entries(hazards))('%s comes back exact and forges nothing', ([, bytes]) => {
  expect(throughALine(frame(bytes))).toEqual(bytes);
  expect(throughALine(frame(bytes, true))).toEqual(bytes);
});

test('a frame of 16 MiB comes back exact', () => {
  const bytes = utf8(`{"a":"${'x'.repeat(16 * 1024 * 1024)}"}`);
  expect(Buffer.compare(throughALine(frame(bytes)), bytes)).toBe(0);
});

test('a kind of a later version is skipped, a header of a later version is refused', () => {
  expect(parseRecord('{"kind":"weather","at":"x"}')).toEqual({ kind: 'unknown', name: 'weather' });
  expect(parseRecord('{"kind":"header","version":2}')).toEqual({ kind: 'unsupported', version: 2 });
});

test('keys of a later version are kept on the way to the payload', () => {
  const line =
    '{"kind":"frame","connection":0,"new":{"raw":[1,"}"]},"index":1,"at":"2026-11-22T05:54:12.000000000Z","mono":5,"raw":{"a":1}}';
  const parsed = parseRecord(line);
  expect(parsed).toMatchObject({ kind: 'record', record: { index: 1, new: { raw: [1, '}'] } } });
});
