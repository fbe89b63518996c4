/** Where a text stops being JSON, and how. */
export interface JsonError {
  readonly offset: number;
  readonly reason: string;
}

/** Bytes or UTF-16 units; JSON's own signs are the same in both. */
export interface Units {
  readonly length: number;
  at(index: number): number;
}

const [QUOTE, BACKSLASH, COMMA, COLON, MINUS, PLUS, POINT] = [0x22, 0x5c, 0x2c, 0x3a, 0x2d, 0x2b, 0x2e];
const [ARRAY, ARRAY_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];
const [ZERO, NINE, LOWER_E, LOWER_U] = [0x30, 0x39, 0x65, 0x75];
const ESCAPES = new Set(Array.from('"\\/bfnrt', (sign) => sign.charCodeAt(0)));
const WORDS = ['true', 'false', 'null'];

/**
 * Finds the first error of a text that `JSON.parse` rejected, as its exceptions do not always have a position. Keeps a
 * stack of its own: nesting costs a byte per level and no call. `undefined` if the text is JSON.
 */
export function findJsonError(units: Units): JsonError | undefined {
  return readJson(newScan(units));
}

/** The legible part of a text that is not JSON, and its error. */
export interface LegiblePart {
  readonly error: JsonError | undefined;
  /** Where the legible part ends. */
  readonly end: number;
  /** Closing brackets for the containers that are open there. */
  readonly closers: string;
}

/** Finds the part that ends with a comma or a closing bracket: the value before an error may itself be cut. */
export function findLegiblePart(units: Units): LegiblePart {
  const scan = newScan(units);
  const error = readJson(scan);
  // Containers below the depth of the last complete member are still open, so the stack still has them.
  const closers = Array.from(scan.stack.subarray(0, scan.legibleDepth), (unit) => String.fromCharCode(unit));
  return { error, end: scan.legibleEnd, closers: closers.toReversed().join('') };
}

function readJson(scan: Scan): JsonError | undefined {
  let expected: Expected = 'value';
  while (expected !== 'end') {
    skipSpace(scan);
    const next = step(scan, expected);
    if (typeof next !== 'string') return next;
    expected = next;
  }
  skipSpace(scan);
  return scan.position < scan.units.length
    ? errorAt(scan.position, 'text after the end of the JSON value')
    : undefined;
}

type Expected = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'separator' | 'end';

interface Scan {
  readonly units: Units;
  position: number;
  stack: Uint8Array;
  depth: number;
  legibleEnd: number;
  legibleDepth: number;
}

function newScan(units: Units): Scan {
  return { units, position: 0, stack: new Uint8Array(64), depth: 0, legibleEnd: 0, legibleDepth: 0 };
}

function step(scan: Scan, expected: Exclude<Expected, 'end'>): Expected | JsonError {
  const { position, units } = scan;
  if (position >= units.length) return errorAt(position, 'the text ends too early');
  const unit = units.at(position);
  switch (expected) {
    case 'colon':
      if (unit !== COLON) return errorAt(position, 'expected a colon');
      scan.position += 1;
      return 'value';
    case 'separator':
      if (unit !== COMMA)
        return closes(scan, unit) ?? errorAt(position, 'expected a comma or the end of the container');
      markLegible(scan);
      scan.position += 1;
      return scan.stack[scan.depth - 1] === OBJECT_END ? 'key' : 'value';
    case 'key':
    case 'key-or-end':
      if (unit === QUOTE) return skipString(scan) ?? 'colon';
      return (
        (expected === 'key-or-end' ? closes(scan, unit) : undefined) ?? errorAt(position, 'expected a key')
      );
    case 'value':
    case 'value-or-end':
      return (expected === 'value-or-end' ? closes(scan, unit) : undefined) ?? value(scan, unit);
  }
}

function value(scan: Scan, unit: number): Expected | JsonError {
  if (unit === OBJECT || unit === ARRAY) return opens(scan, unit);
  const error = unit === QUOTE ? skipString(scan) : isNumberStart(unit) ? skipNumber(scan) : skipWord(scan);
  return error ?? afterValue(scan);
}

function opens(scan: Scan, unit: number): Expected {
  if (scan.depth === scan.stack.length) {
    const larger = new Uint8Array(scan.stack.length * 2);
    larger.set(scan.stack);
    scan.stack = larger;
  }
  scan.stack[scan.depth] = unit === OBJECT ? OBJECT_END : ARRAY_END;
  scan.depth += 1;
  scan.position += 1;
  return unit === OBJECT ? 'key-or-end' : 'value-or-end';
}

function closes(scan: Scan, unit: number): Expected | undefined {
  if (scan.depth === 0 || unit !== scan.stack[scan.depth - 1]) return undefined;
  scan.depth -= 1;
  scan.position += 1;
  markLegible(scan);
  return afterValue(scan);
}

/** Marks everything up to here as complete. */
function markLegible(scan: Scan): void {
  scan.legibleEnd = scan.position;
  scan.legibleDepth = scan.depth;
}

function afterValue(scan: Scan): Expected {
  return scan.depth === 0 ? 'end' : 'separator';
}

function skipSpace(scan: Scan): void {
  const { units } = scan;
  while (scan.position < units.length) {
    const unit = units.at(scan.position);
    if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
    scan.position += 1;
  }
}

function skipString(scan: Scan): JsonError | undefined {
  const { units } = scan;
  scan.position += 1;
  while (scan.position < units.length) {
    const unit = units.at(scan.position);
    if (unit < 0x20) return errorAt(scan.position, 'a control character inside a string');
    scan.position += 1;
    if (unit === QUOTE) return undefined;
    if (unit === BACKSLASH && !skipEscape(scan)) return errorAt(scan.position, 'not an escape');
  }
  return errorAt(scan.position, 'a string without an end');
}

function skipEscape(scan: Scan): boolean {
  const { units } = scan;
  if (scan.position >= units.length) return true;
  const unit = units.at(scan.position);
  if (ESCAPES.has(unit)) {
    scan.position += 1;
    return true;
  }
  if (unit !== LOWER_U) return false;
  for (let digit = 1; digit <= 4; digit += 1) {
    if (scan.position + digit >= units.length) return true;
    if (!isHex(units.at(scan.position + digit))) return false;
  }
  scan.position += 5;
  return true;
}

function skipNumber(scan: Scan): JsonError | undefined {
  if (peekUnit(scan) === MINUS) scan.position += 1;
  if (peekUnit(scan) === ZERO) scan.position += 1;
  else if (!skipDigits(scan)) return errorAt(scan.position, 'expected a digit');
  if (peekUnit(scan) === POINT) {
    scan.position += 1;
    if (!skipDigits(scan)) return errorAt(scan.position, 'expected a digit');
  }
  if ((peekUnit(scan) | 0x20) !== LOWER_E) return undefined;
  scan.position += 1;
  if (peekUnit(scan) === MINUS || peekUnit(scan) === PLUS) scan.position += 1;
  return skipDigits(scan) ? undefined : errorAt(scan.position, 'expected a digit');
}

function skipDigits(scan: Scan): boolean {
  const start = scan.position;
  while (isDigit(peekUnit(scan))) scan.position += 1;
  return scan.position > start;
}

function skipWord(scan: Scan): JsonError | undefined {
  const { position } = scan;
  for (const word of WORDS) {
    let length = 0;
    while (length < word.length && unitAt(scan, position + length) === word.charCodeAt(length)) length += 1;
    if (length === word.length) {
      scan.position += length;
      return undefined;
    }
  }
  return errorAt(position, 'expected a value');
}

function isNumberStart(unit: number): boolean {
  return unit === MINUS || isDigit(unit);
}

function isDigit(unit: number): boolean {
  return unit >= ZERO && unit <= NINE;
}

function isHex(unit: number): boolean {
  const lower = unit | 0x20;
  return isDigit(unit) || (lower >= 0x61 && lower <= 0x66);
}

function peekUnit(scan: Scan): number {
  return unitAt(scan, scan.position);
}

function unitAt({ units }: Scan, position: number): number {
  return position < units.length ? units.at(position) : -1;
}

function errorAt(offset: number, reason: string): JsonError {
  return { offset, reason };
}
