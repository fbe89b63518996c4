import { parseArgs } from 'node:util';
import { looksLikeSecret } from '../key/secret-text.ts';

export interface JwtArguments {
  /** A path, or `-` for standard input. @default the environment */
  readonly keyFile: string | undefined;
  readonly keyName: string | undefined;
  readonly raw: boolean;
  readonly explain: boolean;
  readonly help: boolean;
  readonly skewMs: number;
}

/** An invalid command line. The message quotes no value, as one may be a secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const OPTIONS = {
  'key-file': { type: 'string' },
  'key-name': { type: 'string' },
  'skew-ms': { type: 'string' },
  raw: { type: 'boolean' },
  explain: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

const INLINE_SECRET =
  'A secret does not belong on the command line: every user of this machine can read it there, and the shell ' +
  'keeps it in its history. Give it in a file (--key-file FILE), on standard input (--key-file -) or in the ' +
  'environment (COINBASE_API_KEY and COINBASE_API_SECRET). If it was a real key, revoke it and create another.';

/** @throws {UsageError} */
export function parseJwtArguments(args: readonly string[]): JwtArguments {
  // Not strict: messages of the strict mode quote values.
  const { values, tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  if (args.some(looksLikeSecret)) throw new UsageError(INLINE_SECRET);
  for (const token of tokens) {
    if (token.kind === 'option') checkOption(token.name, token.value);
    if (token.kind === 'positional')
      throw new UsageError('This command takes options only; a key file comes after --key-file.');
  }
  return {
    keyFile: text(values['key-file']),
    keyName: text(values['key-name']),
    raw: values.raw === true,
    explain: values.explain === true,
    help: values.help === true,
    skewMs: milliseconds(text(values['skew-ms']) ?? '0'),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function checkOption(name: string, value: string | undefined): void {
  const option = Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof typeof OPTIONS] : undefined;
  if (option === undefined) {
    if (/secret|private|pem|token|jwt|^(?:api-?)?key$/i.test(name)) throw new UsageError(INLINE_SECRET);
    throw new UsageError(unknownOption(name));
  }
  if (option.type === 'string' && (value === undefined || value === '')) {
    throw new UsageError(`--${name} needs a value.`);
  }
  if (option.type === 'boolean' && value !== undefined) throw new UsageError(`--${name} takes no value.`);
}

/** A short name of letters is not a secret and may be quoted. */
const HARMLESS_NAME = /^[a-z-]{1,16}$/;

function unknownOption(name: string): string {
  const called = HARMLESS_NAME.test(name) ? `There is no option --${name}` : 'There is an unknown option';
  const known = Object.keys(OPTIONS).map((option) => `--${option}`);
  return `${called}; there are ${known.join(', ')}.`;
}

function milliseconds(digits: string): number {
  if (!/^-?[0-9]{1,12}$/.test(digits))
    throw new UsageError('--skew-ms needs a whole number of milliseconds.');
  return Number(digits);
}
