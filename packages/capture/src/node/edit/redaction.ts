import { encodePayload, frameBytes } from '../../payload.ts';
import type { ConnectionRecord, GapRecord, Payload } from '../../records.ts';
import { REDACTED } from '../../redaction.ts';
import { redactValues } from './redact-values.ts';

/** Hides what stands under certain keys. */
export interface Redaction {
  payload(payload: Payload): Payload;
  /** An event or a gap: only in the keys that are not the format's own. */
  details<T extends ConnectionRecord | GapRecord>(record: T): T;
}

const OWN_KEYS: ReadonlySet<string> = new Set([
  'kind',
  'connection',
  'at',
  'mono',
  'event',
  'why',
  'count',
  'from',
  'to',
]);

export function createRedaction(redact: readonly string[] = []): Redaction {
  const keys = new Set(redact);
  if (keys.size === 0) return { payload: (payload) => payload, details: (record) => record };
  return {
    payload(payload) {
      const { encoding } = payload;
      if (encoding === 'raw') return { encoding, payload: redactValues(frameBytes(payload), keys) };
      // Nothing can be found by its key in what is no JSON object.
      return encodePayload(Buffer.from(REDACTED));
    },
    details<T extends ConnectionRecord | GapRecord>(record: T): T {
      const details = Object.entries(record).filter(([key]) => !OWN_KEYS.has(key));
      const json = Buffer.from(JSON.stringify(Object.fromEntries(details)));
      return { ...record, ...(JSON.parse(Buffer.from(redactValues(json, keys)).toString()) as Partial<T>) };
    },
  };
}
