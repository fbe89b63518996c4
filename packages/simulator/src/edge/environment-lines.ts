import type { Exchange } from './start-exchange.ts';

/**
 * Shell lines that tell programs where this exchange is and how to sign in: `eval "$(…)"` them. The names are
 * this project's, except `COINBASE_API_KEY` and `COINBASE_API_SECRET`, which the official Python SDK reads.
 */
export function environmentLines(exchange: Pick<Exchange, 'url' | 'userUrl' | 'keys'>): readonly string[] {
  const [key] = exchange.keys;
  return [
    `export FEEDTAPE_URL='${exchange.url}'`,
    `export FEEDTAPE_USER_URL='${exchange.userUrl}'`,
    `export COINBASE_API_KEY='${key?.json.name ?? ''}'`,
    `export COINBASE_API_SECRET='${key?.json.privateKey.trimEnd() ?? ''}'`,
  ];
}
