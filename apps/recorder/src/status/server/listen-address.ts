/** An address to listen on. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';

const ADDRESS = /^(?:(?<host>\[[0-9a-f:.]{2,45}\]|[\w.-]{1,253}):)?(?<port>\d{1,5})$/iu;

/**
 * Parses `127.0.0.1:8787`, `[::1]:8787`, `localhost:8787`, or `8787` for loopback; port 0 takes a free one. `undefined`
 * for anything else: other interfaces need an explicit address.
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const { host = LOOPBACK, port } = ADDRESS.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replaceAll(/[[\]]/gu, ''), port: Number(port) };
}
