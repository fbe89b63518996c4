import { createTokenSource, readKey, readKeyFile } from '@feedtape/auth';
import type { FeedOptions } from '@feedtape/client';
import { startExchange } from '@feedtape/simulator';

/** Where the frames come from. */
export interface Source {
  readonly feed: Pick<FeedOptions, 'url' | 'userUrl' | 'token'> & { readonly url: string };
  readonly close: () => Promise<void>;
}

export const PRODUCTION_URL = 'wss://advanced-trade-ws.coinbase.com';
const PRODUCTION_USER_URL = 'wss://advanced-trade-ws-user.coinbase.com';

/** A server at an address. The private endpoint is another one only in production. */
export function serverSource(url: string, keyFile: string | undefined): Source {
  const userUrl = url === PRODUCTION_URL ? PRODUCTION_USER_URL : url;
  const token = keyFile === undefined ? undefined : createTokenSource(readKeyFile(keyFile));
  return {
    feed: { url, userUrl, ...(token === undefined ? {} : { token }) },
    close: () => Promise.resolve(),
  };
}

/** The built-in simulator, signed in to with a key that exists only for this run. */
export async function simulatedSource(
  products: readonly string[],
  seed: number | undefined,
): Promise<Source> {
  const exchange = await startExchange({ products, startAt: 'now', ...(seed === undefined ? {} : { seed }) });
  const key = exchange.keys.find(({ algorithm }) => algorithm === 'ES256');
  if (key === undefined) throw new Error('the simulator has no ES256 key');
  const token = createTokenSource(readKey(key.privateKeyPem, { name: key.name }));
  return {
    feed: { url: exchange.url, userUrl: exchange.userUrl, token },
    close: () => exchange.close(),
  };
}
