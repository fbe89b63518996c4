import type { Level2Message } from '../messages/level2.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A shortcut of the level2 schema: true if a parsed frame certainly conforms, in a tenth of the schema's time. `false`
 * says nothing; the schema then decides and reports issues.
 */
export function isWellFormedLevel2(frame: JsonObject): boolean {
  const { client_id, timestamp, sequence_num, events } = frame as Partial<Level2Message>;
  return (
    (typeof client_id === 'string' || !('client_id' in frame)) &&
    typeof timestamp === 'string' &&
    Number.isSafeInteger(sequence_num) &&
    Number(sequence_num) >= 0 &&
    Array.isArray(events) &&
    events.every(isEvent)
  );
}

function isEvent(event: unknown): boolean {
  if (!isObject(event)) return false;
  const { type, product_id, updates } = event;
  return (
    typeof type === 'string' &&
    typeof product_id === 'string' &&
    Array.isArray(updates) &&
    updates.every(isUpdate)
  );
}

function isUpdate(update: unknown): boolean {
  if (!isObject(update)) return false;
  const { side, event_time, price_level, new_quantity } = update;
  return (
    typeof side === 'string' &&
    typeof event_time === 'string' &&
    isDigits(price_level) &&
    isDigits(new_quantity)
  );
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

const POINT = 0x2e;
const ZERO = 0x30;

/** Whether a value is a text of digits with at most one point among them. */
function isDigits(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  let pointAt = -1;
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code === POINT && pointAt < 0) pointAt = index;
    else if ((code - ZERO) >>> 0 > 9) return false;
  }
  return value.length > 0 && pointAt !== 0 && pointAt !== value.length - 1;
}
