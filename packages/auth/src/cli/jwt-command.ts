import { createPublicKey } from 'node:crypto';
import { type AnyAuthError, AuthError, isAuthError } from '../model/auth-error.ts';
import { type JwtArguments, parseJwtArguments, UsageError } from './jwt-arguments.ts';
import { decodeKeyBytes, errnoOf } from '../key/key-file.ts';
import { KEY_TEXT_LIMIT } from '../key/key-text.ts';
import { type Key, keyFromEnvironment, readKeyBytes, readKeyFile } from '../key/key.ts';
import { TOKEN_PATTERN } from '../token/token-claims.ts';
import { refuseDebugger } from '../key/debugger.ts';
import { explainToken } from '../token/token-explanation.ts';
import { explanationText } from '../token/token-explanation-text.ts';
import type { Objection } from '../model/objection.ts';
import { createTokenSource } from '../token/token-source.ts';
import { verifyToken } from '../token/token-verification.ts';

/** The streams and environment of the command, such as those of `process`. */
export interface JwtCommandIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const USAGE = `Prints a Coinbase WebSocket token for the shell: eval "$(… --key-file cdp_api_key.json)" sets JWT.

  --key-file FILE   the key: a cdp_api_key.json, a PEM or a base64 secret; "-" reads standard input
                    (without it: COINBASE_API_KEY and COINBASE_API_SECRET of the environment)
  --key-name NAME   the key's name, where the file holds only the secret
  --raw             print the bare token: JWT=$(… --raw) needs no eval
  --skew-ms N       how many milliseconds this machine's clock is ahead of the exchange's (negative: behind)
  --explain         read a token from standard input and say on standard error what is wrong with it;
                    with a key file, check its signature too
  -h, --help        this text

The token is valid for two minutes. Exit codes: 0 done, 64 usage, 74 file not found or unreadable,
77 not a usable key or open to others, 78 half a key in the environment.
`;

/**
 * Runs `feedtape jwt` or `feedtape-jwt`. Writes one line to standard output (`export JWT=…`, or the bare token with
 * `--raw`), and nothing on errors and for `--explain` and `--help`. All other text goes to standard error, without any
 * part of a key or of a token's signature. Resolves to the exit code; never rejects.
 */
export async function runJwtCommand(args: readonly string[], io: JwtCommandIo): Promise<number> {
  try {
    const parsed = parseJwtArguments(args);
    if (parsed.help) {
      io.stderr.write(USAGE);
      return 0;
    }
    return parsed.explain ? await explain(parsed, io) : await print(parsed, io);
  } catch (error) {
    if (error instanceof UsageError) return fail(io, 64, `${error.message} See --help.`);
    if (isAuthError(error)) return fail(io, exitCodeOf(error), `${error.code}: ${error.message}`);
    // Messages of other code may quote their input.
    return fail(io, 70, `unexpected ${error instanceof Error ? error.name : 'error'}`);
  }
}

async function print(parsed: JwtArguments, io: JwtCommandIo): Promise<number> {
  const token = await createTokenSource(await keyOf(parsed, io), { skewMs: parsed.skewMs })();
  // The shell evaluates this line, so nothing but a token is printed.
  if (!TOKEN_PATTERN.test(token)) return fail(io, 70, 'the token made is not one');
  io.stdout.write(parsed.raw ? `${token}\n` : `export JWT=${token}\n`);
  return 0;
}

async function keyOf({ keyFile, keyName }: JwtArguments, io: JwtCommandIo): Promise<Key> {
  refuseDebugger();
  const options = keyName === undefined ? {} : { name: keyName };
  if (keyFile === '-') return readKeyBytes(await readInput(io), options);
  if (keyFile !== undefined) return readKeyFile(keyFile, options);
  if (!io.env['COINBASE_API_KEY'] && !io.env['COINBASE_API_SECRET']) {
    throw new UsageError('No key: give --key-file FILE, or set COINBASE_API_KEY and COINBASE_API_SECRET.');
  }
  return keyFromEnvironment(keyName === undefined ? io.env : { ...io.env, COINBASE_API_KEY: keyName });
}

async function explain(parsed: JwtArguments, io: JwtCommandIo): Promise<number> {
  if (parsed.keyFile === '-') {
    throw new UsageError('--explain reads the token from standard input; the key needs a file.');
  }
  const token = decodeKeyBytes(await readInput(io))
    .trim()
    .replace(/^export JWT=/, '');
  const options = { skewMs: parsed.skewMs };
  const explanation = explainToken(token, options);
  const objections =
    parsed.keyFile === undefined
      ? explanation.objections
      : await verified(token, readKeyFile(parsed.keyFile, { name: parsed.keyName ?? 'unnamed' }), options);
  io.stderr.write(explanationText({ ...explanation, objections }));
  return objections.length === 0 ? 0 : 77;
}

async function verified(token: string, key: Key, options: { skewMs: number }): Promise<readonly Objection[]> {
  try {
    await verifyToken(token, createPublicKey(key.privateKey), options);
    return [];
  } catch (error) {
    if (isAuthError(error) && error.code === 'AUTH_TOKEN_REFUSED') return error.details.objections;
    throw error;
  }
}

async function readInput({ stdin }: JwtCommandIo): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stdin) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > KEY_TEXT_LIMIT) break;
    }
  } catch (error) {
    throw new AuthError('AUTH_FILE_UNREADABLE', { path: 'standard input', errno: errnoOf(error) });
  }
  if (length > KEY_TEXT_LIMIT) {
    throw new UsageError(`Standard input is longer than ${KEY_TEXT_LIMIT} bytes.`);
  }
  const bytes = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return bytes;
}

function exitCodeOf(error: AnyAuthError): number {
  if (error.code === 'AUTH_FILE_NOT_FOUND') return 74;
  if (error.code === 'AUTH_FILE_UNREADABLE') return /^E(?:ACCES|PERM)$/.test(error.details.errno) ? 77 : 74;
  return error.code === 'AUTH_ENVIRONMENT_INCOMPLETE' ? 78 : 77;
}

function fail(io: JwtCommandIo, code: number, message: string): number {
  io.stderr.write(`${message}\n`);
  return code;
}
