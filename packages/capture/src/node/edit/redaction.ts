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
      const redacted = encoding === 'raw' ? redactValues(frameBytes(payload), keys) : undefined;
      // Nothing can be found by its key in what is no JSON object.
      return redacted === undefined
        ? encodePayload(Buffer.from(REDACTED))
        : { encoding: 'raw', payload: redacted };
    },
    details<T extends ConnectionRecord | GapRecord>(record: T): T {
      const details = Object.entries(record).filter(([key]) => !OWN_KEYS.has(key));
      return { ...record, ...(redactValue(Object.fromEntries(details), keys) as Partial<T>) };
    },
  };
}

/** A parsed value, redacted as {@link redactValues} redacts its text. */
function redactValue(value: unknown, keys: ReadonlySet<string>, hidden = false): unknown {
  if (typeof value === 'string') return hidden ? REDACTED : value;
  if (typeof value === 'number') return hidden ? 0 : value;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, keys, hidden));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, item]) => [key, redactValue(item, keys, hidden || keys.has(key))]),
  );
}
