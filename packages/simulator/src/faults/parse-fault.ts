import { SimulatorError } from '../model/simulator-error.ts';
import type { Fault, FaultKind, FaultRule } from './fault.ts';

/** What a field may hold, and how to say so. */
interface Shape {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && !Number.isNaN(value);
/** Every number has an end: what a fault costs is paid by the process that injects it. */
const wholeNumber = (from: number, to: number): Shape => ({
  expected: `a whole number from ${from} to ${to}`,
  accepts: (value) => Number.isInteger(value) && Number(value) >= from && Number(value) <= to,
});
const MIB = 1024 * 1024;
const count = wholeNumber(1, Number.MAX_SAFE_INTEGER);
const index = wholeNumber(0, Number.MAX_SAFE_INTEGER);
/** As long as a timer of Node runs. */
const LONGEST_MS = 2 ** 31 - 1;
const duration: Shape = {
  expected: `a number of milliseconds from 0 to ${LONGEST_MS}`,
  accepts: (value) => isNumber(value) && value >= 0 && value <= LONGEST_MS,
};
/** The range of a Date. */
const LARGEST_SKEW_MS = 8_640_000_000_000_000;
const skew: Shape = {
  expected: `a number of milliseconds from -${LARGEST_SKEW_MS} to ${LARGEST_SKEW_MS}`,
  accepts: (value) => isNumber(value) && Math.abs(value) <= LARGEST_SKEW_MS,
};
const text: Shape = { expected: 'a string', accepts: (value) => typeof value === 'string' };
/** A close frame has 125 bytes, two of them for the code (RFC 6455, section 5.5). */
const closeReason: Shape = {
  expected: 'a string of at most 123 bytes',
  accepts: (value) => typeof value === 'string' && Buffer.byteLength(value) <= 123,
};
const flag: Shape = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const probability: Shape = {
  expected: 'a number from 0 to 1',
  accepts: (value) => isNumber(value) && value >= 0 && value <= 1,
};
/** What RFC 6455, section 7.4, lets an endpoint send. */
const closeCode: Shape = {
  expected: 'a close code that may be sent: 1000 to 1003, 1007 to 1014, 3000 to 4999',
  accepts: (value) =>
    Number.isInteger(value) &&
    ((Number(value) >= 1000 && Number(value) <= 1014 && ![1004, 1005, 1006].includes(Number(value))) ||
      (Number(value) >= 3000 && Number(value) <= 4999)),
};
const status: Shape = {
  expected: '302, 400, 401, 403, 404, 429, 500 or 503',
  accepts: (value) => [302, 400, 401, 403, 404, 429, 500, 503].includes(Number(value)),
};

type Shapes = Readonly<Record<string, Shape>>;

/** The fields each fault may have besides `kind`. */
const FIELDS: { readonly [Kind in FaultKind]: Shapes } = {
  drop: {},
  duplicate: { copies: wholeNumber(1, 1_000) },
  swap: {},
  delay: { ms: duration },
  truncate: { bytes: index },
  corrupt: {},
  'invalid-utf8': {},
  binary: {},
  drip: { bytesPerSecond: wholeNumber(1, 1_000_000) },
  'unknown-channel': {},
  'unknown-fields': {},
  huge: { bytes: wholeNumber(1, 64 * MIB) },
  'sequence-restart': {},
  'crossed-book': {},
  'missing-trades': { count },
  silence: { ms: duration },
  'foreign-subscription': {},
  'stray-error': { message: text, numbered: flag },
  'ignored-request': {},
  'pretended-request': {},
  'refused-request': { message: text },
  close: { code: closeCode, reason: closeReason, withData: flag },
  terminate: {},
  reset: {},
  'half-open': {},
  handshake: { status, retryAfterSeconds: wholeNumber(0, 86_400) },
  'handshake-silence': {},
  'close-on-accept': { code: closeCode, reason: closeReason },
  'clock-skew': { ms: skew },
};
const REQUIRED: Readonly<Record<string, string>> = { delay: 'ms', handshake: 'status', 'clock-skew': 'ms' };

const RULE_FIELDS: Shapes = {
  connection: index,
  channel: text,
  product: text,
  fromFrame: index,
  afterMs: duration,
  every: count,
  chance: probability,
  times: count,
};

/**
 * Takes a fault from outside (options, the control API).
 * @throws {SimulatorError} `SIMULATOR_FAULT_INVALID` naming the first field that does not fit
 */
export function parseFault(value: unknown): Fault {
  const fields = fieldsOf(value, 'fault');
  const kind = fields['kind'];
  if (typeof kind !== 'string' || !isKind(kind)) throw invalid('kind', `one of ${KINDS.join(', ')}`);
  check(fields, { ...FIELDS[kind], kind: text });
  const required = REQUIRED[kind];
  if (required !== undefined && fields[required] === undefined)
    throw invalid(required, FIELDS[kind][required]?.expected ?? 'there');
  return value as Fault;
}

/**
 * Takes a rule from outside.
 * @throws {SimulatorError} `SIMULATOR_FAULT_INVALID` naming the first field that does not fit
 */
export function parseFaultRule(value: unknown): FaultRule {
  const { fault, ...conditions } = fieldsOf(value, 'rule');
  parseFault(fault);
  check(conditions, RULE_FIELDS);
  return value as FaultRule;
}

const KINDS = Object.keys(FIELDS);

function isKind(kind: string): kind is FaultKind {
  return KINDS.includes(kind);
}

function fieldsOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(what, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

function check(fields: Readonly<Record<string, unknown>>, shapes: Shapes): void {
  for (const [name, value] of Object.entries(fields)) {
    const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
    if (shape === undefined) throw invalid(name, `one of ${Object.keys(shapes).join(', ')}`);
    if (value !== undefined && !shape.accepts(value)) throw invalid(name, shape.expected);
  }
}

function invalid(field: string, expected: string): SimulatorError {
  return new SimulatorError('SIMULATOR_FAULT_INVALID', { field, expected });
}
