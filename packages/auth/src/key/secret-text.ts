import { existsSync } from 'node:fs';
import { derShape } from './der.ts';

/** Tokens start with the base64 of `{"`. */
const TOKEN = /eyJ[A-Za-z0-9_-]{17}/;
/** Base64 of at least 32 bytes, in either alphabet. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{43,}={0,2}/g;
/** How base64 of a key's DER structure may start: a sequence longer than 32 bytes. */
const DER_START = /M[A-I][A-Za-z0-9+/]/g;
const LONGEST_DER = 4_096;

/**
 * Whether a text seems to contain a private key (PEM; base64 of a key structure or of 32, 48 or 64 bytes; a
 * `cdp_api_key.json`) or a token. For arguments and settings, before anything prints them. Paths of existing files and
 * names of keys, products and runs do not match.
 */
export function looksLikeSecret(text: string): boolean {
  if (/-----BEGIN|"privateKey"/.test(text) || TOKEN.test(text)) return true;
  return (text.match(BASE64_RUN) ?? []).some((run) => isKeyMaterial(run) && !existsSync(text));
}

function isKeyMaterial(run: string): boolean {
  const digits = run.replace(/={1,2}$/, '');
  if (!isMixed(digits)) return false;
  if (run.endsWith('=')) return true;
  if (derWithin(digits)) return true;
  // Without padding only the length is known, and an option may precede it without a space: `-k…`.
  return [0, 1, 2].some((before) => isSecretLength(digits.length - before) && !looksLikePath(digits));
}

const isSecretLength = (digits: number): boolean => digits === 43 || digits === 64 || digits === 86;

/** Random base64 has upper and lower case; hexadecimal, product ids and most names do not. */
function isMixed(digits: string): boolean {
  const capitals = digits.replaceAll(/[^A-Z]/g, '').length;
  const small = digits.replaceAll(/[^a-z]/g, '').length;
  return capitals * 10 >= digits.length && small * 10 >= digits.length;
}

/** Words between slashes, as in a path: random base64 has words of one or two characters. */
function looksLikePath(digits: string): boolean {
  const words = digits.match(/[A-Z]?[a-z]+|[A-Z]+|[0-9]+/g) ?? [];
  return digits.includes('/') && digits.length > words.length * 3.4;
}

function derWithin(digits: string): boolean {
  for (const { index } of digits.matchAll(DER_START)) {
    const bytes = Buffer.from(digits.slice(index, index + LONGEST_DER), 'base64');
    const shape = derShape(bytes);
    if (shape !== 'not-der' && shape !== 'other') return true;
  }
  return false;
}
