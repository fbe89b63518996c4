import { SimulatorError } from '../model/simulator-error.ts';

/** What an option may be; a table: an object with these options and no others. */
type Check = readonly [expected: string, holds: (value: unknown) => boolean] | Checks;
interface Checks {
  readonly [name: string]: Check;
}

const PRODUCT_ID = /^[A-Z0-9]{1,20}(-[A-Z0-9]{1,20}){1,3}$/;

const isNumber = (value: unknown, least: number, most = Infinity): value is number =>
  typeof value === 'number' && value >= least && value <= most;
const isWhole = (value: unknown, least: number, most: number): boolean =>
  isNumber(value, least, most) && Number.isSafeInteger(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const hasMethods = (value: unknown, ...names: readonly string[]): boolean =>
  isObject(value) && names.every((name) => typeof value[name] === 'function');
const isSpeed = (value: unknown): boolean => isNumber(value, Number.MIN_VALUE, Number.MAX_VALUE);
const listOf =
  (holds: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(holds);

const size: Check = ['a number of at least 0', (value) => isNumber(value, 0)];
const flag: Check = ['true or false', (value) => typeof value === 'boolean'];

/** All options of an exchange, of either kind. */
const OPTIONS: Checks = {
  seed: ['a whole number from 0 to 2^53 - 1', (value) => isWhole(value, 0, Number.MAX_SAFE_INTEGER)],
  products: [
    'product ids such as BTC-USD',
    listOf((value) => typeof value === 'string' && PRODUCT_ID.test(value)),
  ],
  depth: ['a whole number from 2 to 45000', (value) => isWhole(value, 2, 45_000)],
  speed: ["a number above 0, or 'max'", (value) => value === 'max' || isSpeed(value)],
  rate: ['a number above 0', isSpeed],
  startAt: [
    "a Date, or 'now'",
    (value) => value === 'now' || (value instanceof Date && !Number.isNaN(value.getTime())),
  ],
  openOrders: size,
  keys: ['an array of keys', listOf(isObject)],
  requireAuth: flag,
  auth: { leewayMs: size, allowReuse: flag },
  // What a rule says is looked at where rules are read.
  faults: ['an array of rules', Array.isArray],
  limits: {
    subscribeDeadlineMs: size,
    idleMs: ['two numbers of at least 0', listOf((value) => isNumber(value, 0))],
    level2Products: size,
    connectionsPerSecond: size,
    messagesPerSecond: size,
    bufferedBytes: size,
  },
  timings: { intakeMs: size, snapshotMs: size },
  ledger: { frames: size, messages: size, connections: size, bytes: flag },
  capture: [
    'a path, or several',
    (value) => typeof value === 'string' || isObject(value) || Array.isArray(value),
  ],
  captureMode: ["'merged' or 'connections'", (value) => value === 'merged' || value === 'connections'],
  port: ['a whole number from 0 to 65535', (value) => isWhole(value, 0, 65_535)],
  clock: [
    'an object with the methods now, setTimeout and clearTimeout',
    (value) => hasMethods(value, 'now', 'setTimeout', 'clearTimeout'),
  ],
  wallNow: ['a function', (value) => typeof value === 'function'],
  latencyMs: size,
};

/** @throws {SimulatorError} `SIMULATOR_OPTION_INVALID` for a wrong type or range, and for a name that no option has */
export function checkOptions(options: unknown, required: readonly string[] = []): void {
  checkTable('options', options, OPTIONS, '');
  for (const name of required) demand(name, Reflect.get(options as object, name) !== undefined, 'given');
}

function checkTable(option: string, given: unknown, checks: Checks, prefix: string): void {
  demand(option, isObject(given), 'an object');
  const options = given as Readonly<Record<string, unknown>>;
  for (const [name, value] of Object.entries(options)) {
    const called = `${prefix}${name}`;
    demand(called, Object.hasOwn(checks, name), `one of ${Object.keys(checks).join(', ')}`);
    const check = checks[name] ?? {};
    if (value === undefined) continue;
    if (isTable(check)) checkTable(called, value, check, `${called}.`);
    else demand(called, check[1](value), check[0]);
  }
}

const isTable = (check: Check): check is Checks => !Array.isArray(check);

function demand(option: string, holds: boolean, expected: string): void {
  if (!holds) throw new SimulatorError('SIMULATOR_OPTION_INVALID', { option, expected });
}
