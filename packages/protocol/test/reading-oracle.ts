/** The header of a frame, found without the package: by trying which beginning of the frame `JSON.parse` accepts. */
export interface Reading {
  readonly channel: string | undefined;
  readonly sequence: number | undefined;
  readonly products: readonly string[];
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const [COMMA, BRACKET, BRACE] = [0x2c, 0x5d, 0x7d];

/** Reads all of the frame if that is JSON, else its longest beginning that is once its brackets are closed. */
export function readingOf(frame: Uint8Array): Reading {
  const whole = parsed(frame, '');
  if (whole !== undefined) return readingOfValue(whole.value);
  for (let end = frame.length; end > 0; end -= 1) {
    const before = frame[end - 1];
    if (frame[end] !== COMMA && before !== BRACKET && before !== BRACE) continue;
    const beginning = frame.subarray(0, end);
    const legible = parsed(beginning, closersOf(beginning));
    if (legible !== undefined) return readingOfValue(legible.value);
  }
  return readingOfValue(undefined);
}

function parsed(bytes: Uint8Array, closers: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(strict.decode(bytes) + closers) as unknown };
  } catch {
    return undefined;
  }
}

/** What closes the brackets that are open, strings left out. */
function closersOf(bytes: Uint8Array): string {
  const outside = Buffer.from(bytes)
    .toString('latin1')
    .replaceAll(/"(?:[^"\\]|\\.)*"/gsu, '');
  const open: string[] = [];
  for (const sign of outside) {
    if (sign === '{') open.unshift('}');
    if (sign === '[') open.unshift(']');
    if (sign === '}' || sign === ']') open.shift();
  }
  return open.join('');
}

function readingOfValue(value: unknown): Reading {
  const frame = objectOf(value);
  const channel = frame['channel'];
  const sequence = frame['sequence_num'];
  const isSequence = typeof sequence === 'number' && Number.isInteger(sequence) && sequence >= 0;
  return {
    channel: typeof channel === 'string' ? channel : undefined,
    sequence: isSequence && sequence < 2 ** 53 ? sequence + 0 : undefined,
    products: [...new Set(listOf(frame['events']).flatMap(productsOf))].toSorted(),
  };
}

function productsOf(event: unknown): readonly string[] {
  const own = objectOf(event);
  const items = ['trades', 'tickers', 'candles', 'orders'].flatMap((key) => listOf(own[key]));
  const positions = Object.values(objectOf(own['positions'])).flatMap(listOf);
  const products = listOf(own['products']).map((product) => objectOf(product)['id']);
  const named = [own, ...items, ...positions].map((item) => objectOf(item)['product_id']);
  return [...named, ...products].filter((id) => typeof id === 'string');
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const objectOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.assign(Object.create(null), value)
    : Object.create(null);
