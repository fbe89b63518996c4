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

/** Where the frames come from. */
export interface Source {
  readonly feed: Pick<FeedOptions, 'url' | 'userUrl' | 'token'>;
  /** Its address as it may be shown. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

export interface SourceNeeds {
  readonly terminal: Terminal;
  /** Aborting it ends the reading of a key. */
  readonly signal: AbortSignal;
  /** What to subtract from this machine's clock for the time of a token to an address. */
  readonly correctionMs: (url: string) => number;
}

export const PRODUCTION_URL = 'wss://advanced-trade-ws.coinbase.com';

/** A key on standard input is never longer. */
const MOST_KEY_BYTES = 64 * 1024;

/** The simulator, or a server, signed in to with the key of the flags where there is one. */
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
  // Public channels need no key: one that lies in the environment for something else can't spoil their recording.
  if (keyFile === undefined) return includePrivate ? environmentKey({ env, apiSecret }, keyName) : undefined;
  const options = keyName === undefined ? {} : { name: keyName };
  if (keyFile !== '-') return readKeyFile(keyFile, options);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of addAbortSignal(signal, stdin)) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MOST_KEY_BYTES) break;
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
    // The source asks for the correction before it returns.
    address = url;
    return token();
  };
}

/** The built-in simulator, signed in to with a key that exists only for this run. */
async function simulatedSource(
  products: readonly string[],
  { seed, faultSeed }: Pick<RecordFlags, 'seed' | 'faultSeed'>,
): Promise<Source> {
  // A recording of a real server goes without the simulator.
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
