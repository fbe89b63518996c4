import { isWord, looksLikeToken, readingsOf, someWord, unescaped, WORD } from './secret-words.ts';

export const REDACTED = '[redacted]';

/** Text of a server is cut to less than this afterwards; what is longer is not looked at. */
const MAX_TEXT = 4_096;
/** A shorter value turns up by chance. */
const MIN_SECRET = 6;
/** Pieces of this length, one for each few characters, find any quotation of 15 characters. */
const FRAGMENT_LENGTH = 12;
const STEP = 4;
/** Tokens remembered, at least; a token is valid for two minutes. */
const TOKENS = 32;
/** Names, passwords and ids remembered; an account has a few. */
const MAX_NAMES = 1_000;

/**
 * What a feed has sent as a secret, to be hidden where a server quotes it: tokens, with the key's name and nonce in
 * them, and the user, password and query of a URL; beside them the ids of the account. Nothing of it is printed,
 * serialised or given back.
 */
export class SentSecrets {
  readonly #names = new Fragments();
  /** Those of them that are not one word. */
  readonly #oddNames = new Set<string>();
  readonly #accountIds = new Fragments();
  #tokens = new Fragments();
  #olderTokens = new Fragments();

  /** Called before the token is sent. */
  rememberToken(token: string): void {
    if (this.#tokens.values >= TOKENS) {
      this.#olderTokens = this.#tokens;
      this.#tokens = new Fragments();
    }
    this.#tokens.add(token);
    for (const name of namesIn(token)) this.#rememberName(name);
  }

  rememberUrl(url: string): void {
    const { username, password, searchParams } = new URL(url);
    const signIn = [username, password].map(unescaped);
    for (const value of [...signIn, ...searchParams.values()]) this.#rememberName(value);
  }

  rememberAccountId(id: string): void {
    if (this.#accountIds.values < MAX_NAMES) this.#accountIds.add(id);
  }

  /** A text of the server, cut, without words that quote a secret or are shaped like a token. */
  hide(text: string): string {
    const short = text.slice(0, MAX_TEXT);
    return [...this.#oddNames]
      .reduce((rest, name) => rest.replaceAll(name, REDACTED), short)
      .replace(WORD, (word) =>
        readingsOf(word).some((reading) => this.#tellsSecret(reading) || this.#accountIds.in(reading))
          ? REDACTED
          : word,
      );
  }

  /**
   * Whether the bytes of a frame quote a sent secret, or may: not every word is checked. Ignores the account's ids,
   * which its frames contain.
   */
  quotedIn(frame: Uint8Array): boolean {
    if (this.#tokens.values === 0 && this.#names.values === 0) return false;
    return someWord(frame, (word) => readingsOf(word).some((reading) => this.#tellsSecret(reading)));
  }

  #rememberName(name: string): void {
    if (this.#names.values >= MAX_NAMES || name.length < MIN_SECRET) return;
    this.#names.add(name);
    if (!isWord(name)) this.#oddNames.add(name);
  }

  #tellsSecret(reading: string): boolean {
    return (
      looksLikeToken(reading) ||
      this.#tokens.in(reading) ||
      this.#olderTokens.in(reading) ||
      this.#names.in(reading)
    );
  }
}

/** Finds values, and pieces of long ones, in texts: in time that does not depend on how many values there are. */
class Fragments {
  readonly #pieces = new Set<string>();
  readonly #short = new Set<string>();
  readonly #values = new Set<string>();

  get values(): number {
    return this.#values.size;
  }

  add(value: string): void {
    if (value.length < MIN_SECRET || this.#values.has(value)) return;
    this.#values.add(value);
    if (value.length < FRAGMENT_LENGTH + STEP) this.#short.add(value);
    else
      for (let at = 0; at + FRAGMENT_LENGTH <= value.length; at += STEP)
        this.#pieces.add(value.slice(at, at + FRAGMENT_LENGTH));
  }

  in(text: string): boolean {
    for (const value of this.#short) if (text.includes(value)) return true;
    if (this.#pieces.size === 0) return false;
    for (let at = 0; at + FRAGMENT_LENGTH <= text.length; at += 1)
      if (this.#pieces.has(text.slice(at, at + FRAGMENT_LENGTH))) return true;
    return false;
  }
}

/** The strings in a token's header and claims: the key's name, its parts, the nonce. A token need not be a JWT. */
function namesIn(token: string): readonly string[] {
  return token
    .split('.', 2)
    .flatMap((part) => stringsOf(part))
    .flatMap((text) => (text.includes('/') ? text.split('/').filter((name) => !KEY_PATH.has(name)) : text));
}

/** What stands in the name of every key, and is no secret. */
const KEY_PATH: ReadonlySet<string> = new Set(['organizations', 'apiKeys']);

function stringsOf(part: string): readonly string[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof claims === 'object' && claims !== null
      ? Object.values(claims).filter((value) => typeof value === 'string')
      : [];
  } catch {
    return [];
  }
}
