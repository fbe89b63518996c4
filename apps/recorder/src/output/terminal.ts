import type { Readable, Writable } from 'node:stream';
import { withoutTokens } from '@feedtape/capture';
import { printableJson, printableLine } from './printable.ts';

/** The streams and the environment of a command. */
export interface Terminal {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stdin: Readable & { readonly isTTY?: boolean };
  /** Without secrets. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `COINBASE_API_SECRET` of the environment. */
  readonly apiSecret: OnceSecret;
  /** How the program was called, for suggested commands: `feedtape` or `npm start --`. */
  readonly name: string;
}

/** A secret that can be taken once and is not kept. */
export interface OnceSecret {
  readonly isSet: boolean;
  /** The secret, or an empty string if there is none or it was taken. */
  take(): string;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, stdin } = process;
  const { COINBASE_API_SECRET: secret, ...env } = process.env;
  // Diagnostic reports print the environment, and child processes inherit it.
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

/** How to call the program in a pipe, without npm's banner. */
export const pipedName = ({ name }: Terminal): string => name.replace(/^npm start/u, 'npm start -s');

/** Writes printable lines for people. A line break within a line, as in a quoted file name, is escaped. */
export const say = (stream: Writable, lines: string | readonly string[]): void => {
  stream.write(`${[lines].flat().map(printableLine).join('\n')}\n`);
};

/** Writes one JSON document to standard output, without tokens. */
export const sayJson = (terminal: Terminal, value: unknown): void =>
  void terminal.stdout.write(`${withoutTokens(printableJson(value))}\n`);
