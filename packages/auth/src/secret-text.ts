import { existsSync } from 'node:fs';
import { derShape } from './der.ts';

/** A token begins with the base64 of `{"`. */
const TOKEN = /eyJ[A-Za-z0-9_-]{17}/;
/** Base64 of at least 32 bytes, in either alphabet. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{43,}={0,2}/g;
/** Where base64 of a DER structure of a key may begin: a sequence that is longer than 32 bytes. */
const DER_START = /M[A-I][A-Za-z0-9+/]/g;
const LONGEST_DER = 4_096;

/**
 * Whether a text that somebody typed holds what looks like a private key (PEM; base64 of a key structure or of 32, 48
 * or 64 bytes; a `cdp_api_key.json`) or a token, wherever in the text it stands. For arguments and settings, before
 * anything repeats them. The path of a file that is there is none, nor are the names of keys, products and runs.
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
  // Without padding the length alone tells, and the option before it may be a part of the run: `-k…`.
  return [0, 1, 2].some((before) => isSecretLength(digits.length - before) && !looksLikePath(digits));
}

const isSecretLength = (digits: number): boolean => digits === 43 || digits === 64 || digits === 86;

/** Random digits have capitals and small letters; hexadecimal, product ids and most names have not. */
function isMixed(digits: string): boolean {
  const capitals = digits.replaceAll(/[^A-Z]/g, '').length;
  const small = digits.replaceAll(/[^a-z]/g, '').length;
  return capitals * 10 >= digits.length && small * 10 >= digits.length;
}

/** Words between slashes, as a path has them: of random digits a word has one or two. */
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
