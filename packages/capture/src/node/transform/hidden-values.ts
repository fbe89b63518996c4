import { REDACTED } from '../../format/redacted.ts';
import { WORD } from '../../format/token-shapes.ts';

/** Shorter values, such as prices, turn up elsewhere by chance; so do those of several words, such as times. */
const SHORTEST = 16;
const ONE_WORD = /^[A-Za-z0-9+/=_.%-]{16,512}$/;
/** Pieces of this length, one for each few characters, find a quotation of 15 characters. */
const PIECE = 12;
const STEP = 4;
/** An id a frame for a day's orders; what comes after them is hidden under its key and not elsewhere. */
const MOST_VALUES = 50_000;

/** What stands under a key that is hidden is hidden wherever else it is quoted, in any encoding. */
export class HiddenValues {
  readonly #values = new Set<string>();
  readonly #pieces = new Set<string>();

  add(value: string): void {
    if (value === REDACTED || !ONE_WORD.test(value) || this.#values.size >= MOST_VALUES) return;
    if (this.#values.has(value)) return;
    this.#values.add(value);
    for (let at = 0; at + PIECE <= value.length; at += STEP) this.#pieces.add(value.slice(at, at + PIECE));
  }

  hideIn(text: string): string {
    if (this.#pieces.size === 0 || text.length < SHORTEST) return text;
    return text.replace(WORD, (word) =>
      readingsOf(word).some((reading) => this.#quotes(reading)) ? REDACTED : word,
    );
  }

  #quotes(reading: string): boolean {
    for (let at = 0; at + PIECE <= reading.length; at += 1)
      if (this.#pieces.has(reading.slice(at, at + PIECE))) return true;
    return false;
  }
}

/** A word as it stands, without its escapes, and what its runs of hexadecimal and base64 decode to. */
function readingsOf(word: string): readonly string[] {
  const once = unescaped(word);
  return [...new Set([word, once, unescaped(once)])].flatMap((text) => [
    text,
    ...decoded(text, /[0-9A-Fa-f]{24,}/g, 2, 'hex'),
    ...decoded(text, /[A-Za-z0-9+/_-]{16,}/g, 4, 'base64'),
  ]);
}

const unescaped = (text: string): string =>
  text.replace(/(?:%|\\{1,4}u00)([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );

/** A run may begin inside a group of digits: it is read from each of its first digits. */
const decoded = (text: string, run: RegExp, group: 2 | 4, encoding: 'hex' | 'base64'): readonly string[] =>
  (text.match(run) ?? []).flatMap((digits) =>
    Array.from({ length: group }, (_, skipped) =>
      Buffer.from(digits.slice(skipped), encoding).toString('latin1'),
    ),
  );
