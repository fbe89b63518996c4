import { addAbortSignal } from 'node:stream';
import { createTokenSource, readKey, readKeyFile, type Key } from '@feedtape/auth';
import type { FeedOptions } from '@feedtape/client';
import { startExchange, swarmFaults } from '@feedtape/simulator';
import type { Terminal } from '../terminal.ts';
import type { RecordFlags, RecordingPlan } from './recording-plan.ts';

/** Where the frames come from. */
export interface Source {
  readonly feed: Pick<FeedOptions, 'url' | 'userUrl' | 'token'> & { readonly url: string };
  readonly close: () => Promise<void>;
}

export const PRODUCTION_URL = 'wss://advanced-trade-ws.coinbase.com';
const PRODUCTION_USER_URL = 'wss://advanced-trade-ws-user.coinbase.com';

/** A key on standard input is never longer. */
const MOST_KEY_BYTES = 64 * 1024;

/** The simulator, or a server, signed in to with the key of the flags where there is one. */
export async function openSource(
  { flags, products }: RecordingPlan,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Source> {
  return flags.simulate
    ? simulatedSource(products, flags)
    : serverSource(flags.url, await keyOf(flags, terminal, signal));
}

async function keyOf(
  { keyFile, keyName }: RecordFlags,
  { stdin }: Terminal,
  signal: AbortSignal,
): Promise<Key | undefined> {
  if (keyFile === undefined) return undefined;
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

function serverSource(url: string, key: Key | undefined): Source {
  // Only production has an address of its own for private channels.
  const userUrl = url === PRODUCTION_URL ? PRODUCTION_USER_URL : url;
  return {
    feed: { url, userUrl, ...(key === undefined ? {} : { token: createTokenSource(key) }) },
    close: () => Promise.resolve(),
  };
}

/** The built-in simulator, signed in to with a key that exists only for this run. */
async function simulatedSource(
  products: readonly string[],
  { seed, faultSeed }: Pick<RecordFlags, 'seed' | 'faultSeed'>,
): Promise<Source> {
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
