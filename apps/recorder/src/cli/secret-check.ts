import { looksLikeSecret } from '@feedtape/auth';
import { publicUrl } from '@feedtape/capture';
import { EXIT } from '../process/exit-codes.ts';
import { CommandFailure } from '../process/errors.ts';

const HINT =
  'Other users and programs can read it there. ' +
  'Pass a key in a file (--key-file FILE), on standard input (--key-file -) or in the environment (COINBASE_API_KEY and ' +
  'COINBASE_API_SECRET). If it was a real key, revoke it and create another.';

/** An option name, which is too short to be a secret. */
const OPTION = /^--?[a-z][a-z-]{0,20}$/u;

/**
 * Rejects text that looks like a key or a token before any message can repeat it. Allows secrets in the user, password
 * and query of an address, which are never shown.
 * @throws CommandFailure with exit code 64, which names the place and not the text
 */
export function refuseSecret(place: string, text: string): void {
  const address = /^wss?:\/\//u.test(text) && URL.canParse(text) ? publicUrl(text) : text;
  if (looksLikeSecret(address))
    throw new CommandFailure(EXIT.usage, `${place} looks like a private key or a token`, { hint: HINT });
}

/** Applies {@link refuseSecret} to every argument of a command line. */
export function refuseSecretArguments(args: readonly string[]): void {
  for (const [index, argument] of args.entries()) {
    const [option = '', ...value] = argument.split('=');
    const before = args[index - 1] ?? '';
    if (value.length > 0 && OPTION.test(option)) refuseSecret(`the value of ${option}`, value.join('='));
    else if (OPTION.test(before) && !argument.startsWith('-'))
      refuseSecret(`the value of ${before}`, argument);
    else refuseSecret(`argument ${index + 1}`, argument);
  }
}

/** Deeper nesting is rejected. */
const MAX_LEVELS = 16;

/**
 * Applies {@link refuseSecret} to every key and value of a document.
 * @throws CommandFailure, with exit code 78 if it is nested too deep
 */
export function refuseSecretsIn(place: string, document: unknown, levels: number = MAX_LEVELS): void {
  if (typeof document === 'string') refuseSecret(`a value in ${place}`, document);
  if (typeof document !== 'object' || document === null) return;
  if (levels === 0) throw new CommandFailure(EXIT.configuration, `${place}: nested too deep`);
  for (const [key, value] of Object.entries(document)) {
    if (!Array.isArray(document)) refuseSecret(`a key in ${place}`, key);
    refuseSecretsIn(OPTION.test(`--${key}`) ? `${key} of ${place}` : place, value, levels - 1);
  }
}
