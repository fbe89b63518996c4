import { addAbortSignal } from 'node:stream';
import { createTokenSource, keyFromEnvironment, readKey, readKeyFile, type Key } from '@feedtape/auth';
import type { FeedOptions } from '@feedtape/client';
import type { Terminal } from '../terminal.ts';
import type { RecordFlags, RecordingPlan } from './recording-plan.ts';

/** Where the frames come from. */
export interface Source {
  readonly feed: Pick<FeedOptions, 'url' | 'userUrl' | 'token'> & { readonly url: string };
  readonly close: () => Promise<void>;
}

export interface SourceNeeds {
  readonly terminal: Terminal;
  /** Aborting it ends the reading of a key. */
  readonly signal: AbortSignal;
  /** What to subtract from this machine's clock for the times of a token. */
  readonly correctionMs: () => number;
}

export const PRODUCTION_URL = 'wss://advanced-trade-ws.coinbase.com';
const PRODUCTION_USER_URL = 'wss://advanced-trade-ws-user.coinbase.com';

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
  { stdin, env }: Terminal,
  signal: AbortSignal,
): Promise<Key | undefined> {
  // Public channels need no key: one that lies in the environment for something else can't spoil their recording.
  if (keyFile === undefined) return includePrivate ? environmentKey(env, keyName) : undefined;
  const options = keyName === undefined ? {} : { name: keyName };
  if (keyFile !== '-') return readKeyFile(keyFile, options);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of addAbortSignal(signal, stdin)) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    length += (chunk as Uint8Array).length;
    if (length > MOST_KEY_BYTES) break;
  }
  return readKey(Buffer.concat(chunks), options);
}

const environmentKey = (env: Terminal['env'], name: string | undefined): Key =>
  keyFromEnvironment(name === undefined ? env : { ...env, COINBASE_API_KEY: name });

function serverSource(
  { url, userUrl = url === PRODUCTION_URL ? PRODUCTION_USER_URL : url }: RecordFlags,
  key: Key | undefined,
  skewMs: () => number,
): Source {
  const token = key === undefined ? {} : { token: createTokenSource(key, { skewMs }) };
  return {
    feed: { url, userUrl, ...token },
    close: () => Promise.resolve(),
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
    close: () => exchange.close(),
  };
}
