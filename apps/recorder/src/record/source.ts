import { addAbortSignal } from 'node:stream';
import {
  createTokenSource,
  keyFromEnvironment,
  readKey,
  readKeyBytes,
  readKeyFile,
  refuseDebugger,
  type Key,
} from '@feedtape/auth';
import { publicUrl } from '@feedtape/capture';
import type { FeedOptions } from '@feedtape/client';
import type { Terminal } from '../output/terminal.ts';
import type { RecordFlags, RecordingPlan } from './plan.ts';

/** The server that frames come from. */
export interface Source {
  readonly feed: Pick<FeedOptions, 'url' | 'userUrl' | 'token'>;
  /** Its address without secrets. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

export interface SourceNeeds {
  readonly terminal: Terminal;
  /** Aborts reading a key. */
  readonly signal: AbortSignal;
  /** Milliseconds to subtract from this machine's clock for a token to an address. */
  readonly correctionMs: (url: string) => number;
}

export const PRODUCTION_URL = 'wss://advanced-trade-ws.coinbase.com';

/** The longest key that is read from standard input. */
const MAX_KEY_BYTES = 64 * 1024;

/** Starts the simulator, or prepares the server and the key of the flags. */
export async function openSource(
  { flags, products }: RecordingPlan,
  { terminal, signal, correctionMs }: SourceNeeds,
): Promise<Source> {
  return flags.simulate
    ? simulatedSource(products, flags)
    : serverSource(flags, await keyOf(flags, terminal, signal), correctionMs);
}

async function keyOf(
  { keyFile, keyName, includePrivate }: RecordFlags,
  { stdin, env, apiSecret }: Terminal,
  signal: AbortSignal,
): Promise<Key | undefined> {
  if (keyFile !== undefined || includePrivate) refuseDebugger();
  // Ignores a key in the environment unless private channels need one: it may be meant for something else.
  if (keyFile === undefined) return includePrivate ? environmentKey({ env, apiSecret }, keyName) : undefined;
  const options = keyName === undefined ? {} : { name: keyName };
  if (keyFile !== '-') return readKeyFile(keyFile, options);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of addAbortSignal(signal, stdin)) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_KEY_BYTES) break;
  }
  const bytes = Buffer.concat(chunks);
  for (const chunk of chunks) chunk.fill(0);
  return readKeyBytes(bytes, options);
}

const environmentKey = (
  { env, apiSecret }: Pick<Terminal, 'env' | 'apiSecret'>,
  name: string | undefined = env['COINBASE_API_KEY'],
): Key => keyFromEnvironment({ COINBASE_API_KEY: name, COINBASE_API_SECRET: apiSecret.take() });

function serverSource(
  { url, userUrl }: RecordFlags,
  key: Key | undefined,
  correctionMs: SourceNeeds['correctionMs'],
): Source {
  return {
    feed: {
      url,
      ...(userUrl === undefined ? {} : { userUrl }),
      ...(key === undefined ? {} : { token: tokensFor(key, correctionMs) }),
    },
    url: publicUrl(url),
    close: () => Promise.resolve(),
  };
}

function tokensFor(key: Key, correctionMs: SourceNeeds['correctionMs']): NonNullable<FeedOptions['token']> {
  let address = '';
  const token = createTokenSource(key, { skewMs: () => correctionMs(address) });
  return ({ url }) => {
    // `token` calls `skewMs` synchronously.
    address = url;
    return token();
  };
}

/** Starts the built-in simulator, with a key that exists only for this run. */
async function simulatedSource(
  products: readonly string[],
  { seed, faultSeed }: Pick<RecordFlags, 'seed' | 'faultSeed'>,
): Promise<Source> {
  // Loaded only when needed.
  const { startExchange, swarmFaults } = await import('@feedtape/simulator');
  const exchange = await startExchange({
    products,
    startAt: 'now',
    ...(seed === undefined ? {} : { seed }),
    ...(faultSeed === undefined ? {} : { faults: swarmFaults(faultSeed) }),
  });
  const key = exchange.keys.find(({ algorithm }) => algorithm === 'ES256');
  if (key === undefined) throw new Error('the simulator has no ES256 key');
  const token = createTokenSource(readKey(key.privateKeyPem, { name: key.name }));
  return {
    feed: { url: exchange.url, userUrl: exchange.userUrl, token },
    url: exchange.url,
    close: () => exchange.close(),
  };
}
