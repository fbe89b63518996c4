import { isOneLineObject } from '../../json/is-one-line-object.ts';
import { encodePayload, frameBytes } from '../../format/payload.ts';
import type { ConnectionRecord, GapRecord, Payload } from '../../format/records.ts';
import { REDACTED } from '../../format/redacted.ts';
import { withoutTokens, withoutWords } from '../../format/token-shapes.ts';
import { HiddenValues } from './hidden-values.ts';
import { redactValues } from './redact-values.ts';

/** Hides what stands under certain keys, and whatever is shaped like a token. */
export interface Redaction {
  /** Whether anything is hidden at all. */
  readonly active: boolean;
  /** Looks at a payload before anything is hidden: what stands under the keys is hidden wherever it is quoted. */
  learn(payload: Payload): void;
  /** @param quotesSecret also every word that is long enough to be a piece of a secret */
  payload(payload: Payload, quotesSecret?: boolean): Payload;
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
  if (keys.size === 0)
    return { active: false, learn: () => {}, payload: (payload) => payload, details: (record) => record };
  const values = new HiddenValues();
  return {
    active: true,
    learn(payload) {
      if (payload.encoding === 'raw') redactValues(frameBytes(payload), keys, (value) => values.add(value));
    },
    payload(payload, quotesSecret = false) {
      const hide = quotesSecret ? withoutWords : (text: string): string => values.hideIn(text);
      const redacted = payload.encoding === 'raw' ? redactObject(payload, keys, hide) : undefined;
      // Nothing can be found by its key in what is no JSON object.
      return redacted === undefined
        ? encodePayload(Buffer.from(REDACTED))
        : { encoding: 'raw', payload: redacted };
    },
    details<T extends ConnectionRecord | GapRecord>(record: T): T {
      const details = Object.entries(record).filter(([key]) => !OWN_KEYS.has(key));
      return { ...record, ...(redactValue(Object.fromEntries(details), { keys, values }) as Partial<T>) };
    },
  };
}

/** `undefined` where there would be no JSON object any more. */
function redactObject(
  payload: Payload,
  keys: ReadonlySet<string>,
  hide: (text: string) => string,
): Uint8Array | undefined {
  const redacted = redactValues(frameBytes(payload), keys);
  if (redacted === undefined) return undefined;
  // Byte by byte: a token has no character that is more than one.
  const text = Buffer.from(redacted).toString('latin1');
  const hidden = hide(withoutTokens(text));
  if (hidden === text) return redacted;
  const bytes = Buffer.from(hidden, 'latin1');
  return isOneLineObject(bytes) ? bytes : undefined;
}

interface Hidden {
  readonly keys: ReadonlySet<string>;
  readonly values: HiddenValues;
}

/** A parsed value, redacted as {@link redactValues} redacts its text. */
function redactValue(value: unknown, hidden: Hidden, isHidden = false): unknown {
  const shown = (text: string): string => hidden.values.hideIn(withoutTokens(text));
  if (typeof value === 'string') return isHidden ? REDACTED : shown(value);
  if (typeof value === 'number') return isHidden ? 0 : value;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, hidden, isHidden));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, item]) => [shown(key), redactValue(item, hidden, isHidden || hidden.keys.has(key))]),
  );
}
