export { CaptureError, isCaptureError } from './capture-error.ts';
export type { AnyCaptureError, CaptureErrorCode, CaptureErrorDetails } from './capture-error.ts';
export { CAPTURE_VERSION } from './records.ts';
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
} from './records.ts';
export { encodePayload, frameBytes } from './payload.ts';
export { isOneLineObject, MAX_RAW_DEPTH } from './one-line-object.ts';
export { encodeRecord } from './record-encoder.ts';
export { parseRecord } from './record-parser.ts';
export type { ParsedLine, ParseOptions } from './record-parser.ts';
export { createRecordDecoder, MAX_LINE_BYTES } from './record-decoder.ts';
export type { DecodedLine, LinePlace, RecordDecoder, TornTail } from './record-decoder.ts';
export { formatTimestamp, parseTimestamp } from './timestamp.ts';
export { encodeManifestEntry, parseManifestEntry } from './manifest.ts';
export type {
  CompressedEntry,
  DeletedEntry,
  GoneEntry,
  ManifestEntry,
  MovedEntry,
  ReceivedEntry,
  SealedEntry,
} from './manifest.ts';
export { REDACTED } from './redacted.ts';
export { publicUrl, redactRequest, SECRET_QUOTED } from './redaction.ts';
export { withoutTokens } from './token-shapes.ts';
