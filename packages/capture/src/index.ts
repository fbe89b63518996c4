export { CaptureError, isCaptureError } from './format/error.ts';
export type { AnyCaptureError, CaptureErrorCode, CaptureErrorDetails } from './format/error.ts';
export { CAPTURE_VERSION } from './format/records.ts';
export type {
  CaptureOrigin,
  CaptureRecord,
  CheckpointRecord,
  ClockRecord,
  ConnectionRecord,
  EndReason,
  EndRecord,
  FrameRecord,
  GapReason,
  GapRecord,
  HeaderRecord,
  Payload,
  PayloadEncoding,
  SentRecord,
  Stamp,
} from './format/records.ts';
export { encodePayload, frameBytes } from './format/payload.ts';
export { isOneLineObject, MAX_RAW_DEPTH } from './json/is-one-line-object.ts';
export { encodeRecord } from './format/encode.ts';
export { parseRecord } from './format/parse.ts';
export type { ParsedLine, ParseOptions } from './format/parse.ts';
export { createRecordDecoder, MAX_LINE_BYTES } from './format/decode-stream.ts';
export type { DecodedLine, LinePlace, RecordDecoder, TornTail } from './format/decode-stream.ts';
export { formatTimestamp, parseTimestamp } from './format/timestamp.ts';
export { encodeManifestEntry, parseManifestEntry } from './format/manifest-entry.ts';
export type {
  CompressedEntry,
  DeletedEntry,
  GoneEntry,
  LostEntry,
  ManifestEntry,
  MovedEntry,
  ReceivedEntry,
  SealedEntry,
} from './format/manifest-entry.ts';
export { REDACTED } from './format/redacted.ts';
export { publicUrl, redactRequest, SECRET_QUOTED } from './format/redact-request.ts';
export { withoutTokens } from './format/token-shapes.ts';
