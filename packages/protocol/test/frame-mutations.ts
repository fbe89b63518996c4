/** Numbers from 0 up to 1 that depend on the seed alone (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Random = () => number;
type Mutation = (frame: Buffer, random: Random) => Buffer;

const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random() * items.length)] as T;
const below = (limit: number, random: Random): number => Math.floor(random() * limit);

/** Text that JSON, UTF-8 and JavaScript each find special somewhere. */
const HOSTILE = [
  '\u0000', '\uFEFF', '\\ud800', '\\u0022', '\\', '"', '{', '}', '[', ']', ']}]}', ',', ':', ' ', '\n', '\t', '\r\n',
  'é', '€', '😀', '\u007f', '\u2028', '-', '-0', '1e3', '1E-3', '1e400', '00', '01', '.5', '5.', '+1', 'NaN', 'null',
  'true', '""', '{}', '[]', '9007199254740991', '9007199254740992', '9007199254740993', '0.1', '123456789012345678',
  '"__proto__":{"polluted":true},', '"constructor":{},', '"channel":"user",', '"sequence_num":7,', '"type":"update",',
  ',"channel":"status"', ',"sequence_num":1', ',"product_id":"X-Y"', '"product_id":"A-B",', '"event_time":"",',
  '"client_id":"",', '"client_id":"\\u0041",', ',"events":[]', '"trades":[],', 'ask', 'BUY', '1970-01-01T00:00:00Z',
]; // prettier-ignore

const replaceBytes = (frame: Buffer, from: number, to: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([frame.subarray(0, from), bytes, frame.subarray(to)]);

/** A place just before, at or after a sign of JSON, where most of the decisions are. */
function joint(frame: Buffer, random: Random): number {
  const start = below(frame.length, random);
  const sign = pick([0x22, 0x2c, 0x3a, 0x7b, 0x7d, 0x5b, 0x5d], random);
  const found = frame.indexOf(sign, start);
  return Math.min(frame.length, Math.max(0, (found === -1 ? start : found) + below(3, random) - 1));
}

const mutations: readonly Mutation[] = [
  (frame, random) => {
    const copy = Buffer.from(frame);
    const at = below(copy.length, random);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(8, random));
    return copy;
  },
  (frame, random) => {
    const copy = Buffer.from(frame);
    copy[below(copy.length, random)] = below(256, random);
    return copy;
  },
  (frame, random) => frame.subarray(0, below(frame.length + 1, random)),
  (frame, random) => frame.subarray(below(frame.length, random)),
  (frame, random) => {
    const from = joint(frame, random);
    return replaceBytes(frame, from, Math.min(frame.length, from + below(12, random)), Buffer.alloc(0));
  },
  (frame, random) => {
    const at = joint(frame, random);
    return replaceBytes(frame, at, at, Buffer.from(pick(HOSTILE, random)));
  },
  (frame, random) => {
    const at = below(frame.length, random);
    return replaceBytes(frame, at, at + below(4, random), Buffer.from(pick(HOSTILE, random)));
  },
  (frame, random) => {
    const [from, to] = [joint(frame, random), joint(frame, random)].toSorted((a, b) => a - b);
    const at = joint(frame, random);
    return replaceBytes(frame, at, at, frame.subarray(from, to));
  },
  (frame, random) => {
    const text = frame.toString('latin1');
    const number = /\d+(?:\.\d+)?/g;
    const all = [...text.matchAll(number)];
    const one = pick(all, random);
    if (one === undefined) return frame;
    const value = pick(
      ['1e3', '-0', '-1', '0', '9007199254740993', '123456789.123456789', '00.1', '1.', '.1', ''],
      random,
    );
    return Buffer.from(text.slice(0, one.index) + value + text.slice(one.index + one[0].length), 'latin1');
  },
  (frame, random) => shuffled(frame, random),
  (frame, random) => nested(frame, random),
];

/** The same members of all objects in another order, or with white space. Frames that are not JSON stay. */
function shuffled(frame: Buffer, random: Random): Buffer {
  let value: unknown;
  try {
    value = JSON.parse(frame.toString());
  } catch {
    return frame;
  }
  const reorder = (_: string, item: unknown): unknown =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).toSorted(() => random() - 0.5))
      : item;
  return Buffer.from(JSON.stringify(value, reorder, random() < 0.3 ? 1 : 0));
}

function nested(frame: Buffer, random: Random): Buffer {
  const depth = 1 + below(300, random);
  const [open, close] = pick(
    [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const,
    random,
  );
  const inside = `${open.repeat(depth)}1${close.repeat(depth)}`;
  const at = frame.indexOf('"events":');
  return at === -1 ? frame : replaceBytes(frame, at, at, Buffer.from(`"deep":${inside},`));
}

const PIECES = [
  ...HOSTILE, '{"', '":', '",', '},{', '{"channel":', '"l2_data"', '"user"', '"sequence_num":', '"events":[{', '"orders":[{',
  '"product_id":"BTC-USD"', '"product_id":', '"ETH-USD"', '"tickers":[', '"products":[{"id":"SOL-USD"', '"type":"error"', '41', '7,',
  '"positions":{"a":[', '"seq\\u0075ence_num":', '"message":"no"', '\u00ff', '\ud83d',
]; // prettier-ignore

/** Any bytes, or pieces of frames in any order. */
export function randomFrame(random: Random): Uint8Array {
  if (random() < 0.1) return Uint8Array.from({ length: below(64, random) }, () => below(256, random));
  const text = Array.from({ length: 1 + below(24, random) }, () => pick(PIECES, random)).join('');
  return Buffer.from(random() < 0.7 ? `{"channel":"l2_data","sequence_num":4${text}` : text);
}

/** A frame with one to three things wrong with it, or merely unusual. */
export function mutate(frame: Buffer, random: Random): Buffer {
  let mutated = frame;
  for (let count = 1 + below(3, random); count > 0 && mutated.length > 0; count -= 1) {
    mutated = pick(mutations, random)(mutated, random);
  }
  return mutated;
}
