import { readingsOf } from '../../format/encodings.ts';
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

/** Collects the values of hidden keys and hides them wherever else they are quoted, in up to two layers of encoding. */
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
    return text.replace(WORD, (word) => {
      const once = readingsOf(word);
      const readings = [word, ...once, ...once.flatMap(readingsOf)];
      return readings.some((reading) => this.#quotes(reading)) ? REDACTED : word;
    });
  }

  #quotes(reading: string): boolean {
    for (let at = 0; at + PIECE <= reading.length; at += 1)
      if (this.#pieces.has(reading.slice(at, at + PIECE))) return true;
    return false;
  }
}
