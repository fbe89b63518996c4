import type { Readable, Writable } from 'node:stream';
import { withoutTokens } from '@feedtape/capture';
import { printable, printableJson } from './printable.ts';

/** The world a command talks to: its streams, its environment, and whether a person is watching. */
export interface Terminal {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Without what may be secret in it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `COINBASE_API_SECRET` of the environment. */
  readonly apiSecret: OnceSecret;
  /** How the program was called, for the commands it suggests: `feedtape` or `npm start --`. */
  readonly name: string;
}

/** A text that is given away once and not kept. */
export interface OnceSecret {
  readonly isSet: boolean;
  /** The text, or an empty one where there is none or it was taken. */
  take(): string;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin } = process;
  const { COINBASE_API_SECRET: secret, ...env } = process.env;
  // A diagnostic report prints the environment, and whatever is started from here inherits it.
  for (const name of ['COINBASE_API_SECRET', 'FEEDTAPE_URL', 'FEEDTAPE_USER_URL']) delete process.env[name];
  return {
    stdout,
    stderr,
    stdin,
    env,
    apiSecret: onceSecret(secret),
    name: env['FEEDTAPE_INVOKED_AS'] ?? 'feedtape',
  };
}

function onceSecret(text = ''): OnceSecret {
  let left = text;
  return {
    get isSet() {
      return left !== '';
    },
    take() {
      const taken = left;
      left = '';
      return taken;
    },
  };
}

/** How the program is called where another program reads its output: npm's banner would be part of it. */
export const pipedName = ({ name }: Terminal): string => name.replace(/^npm start/u, 'npm start -s');

/** Writes lines for people, made printable; `--quiet` and `--json` keep standard output for results. */
export const say = (stream: Writable, lines: string): void => {
  stream.write(`${printable(lines)}\n`);
};

/** Writes one JSON document as the last line of standard output, without what is shaped like a token. */
export const sayJson = (terminal: Terminal, value: unknown): void =>
  void terminal.stdout.write(`${withoutTokens(printableJson(value))}\n`);
