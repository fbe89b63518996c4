import { oneLineJson } from '../json/stringify-one-line.ts';
import type { CaptureRecord, FrameRecord, SentRecord } from './records.ts';
import { encodeUtf8 } from '../json/utf8.ts';

const NEWLINE = 0x0a;
const CLOSE_BRACE = 0x7d;

/** The line of a record, with its newline. What `parseRecord` reads back is the same record. */
export function encodeRecord(record: CaptureRecord): Uint8Array<ArrayBuffer> {
  if (record.kind === 'frame' || record.kind === 'sent') return encodePayloadRecord(record);
  return encodeUtf8(`${oneLineJson(record)}\n`);
}

/** A record with a payload: its head up to the colon, the payload as it is, and the closing brace. */
function encodePayloadRecord(record: FrameRecord | SentRecord): Uint8Array<ArrayBuffer> {
  const head = encodeUtf8(payloadHead(record));
  const { payload } = record;
  const line = new Uint8Array(head.length + payload.length + 2);
  line.set(head);
  line.set(payload, head.length);
  line[line.length - 2] = CLOSE_BRACE;
  line[line.length - 1] = NEWLINE;
  return line;
}

function payloadHead(record: FrameRecord | SentRecord): string {
  const index = record.kind === 'frame' ? `,"index":${record.index}` : '';
  const binary = record.kind === 'frame' && record.binary === true ? ',"binary":true' : '';
  const { kind, connection, at, mono, encoding } = record;
  return `{"kind":"${kind}","connection":${connection}${index},"at":"${at}","mono":${mono}${binary},"${encoding}":`;
}
