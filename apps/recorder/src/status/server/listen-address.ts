/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';

const ADDRESS = /^(?:(?<host>\[[0-9a-f:.]{2,45}\]|[\w.-]{1,253}):)?(?<port>\d{1,5})$/iu;

/**
 * Reads `127.0.0.1:8787`, `[::1]:8787`, `localhost:8787` or just `8787`, which is loopback too; port 0 takes a free
 * one. Undefined for anything else: an address for the whole network has to be written out.
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const { host = LOOPBACK, port } = ADDRESS.exec(text)?.groups ?? {};
  if (port === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replaceAll(/[[\]]/gu, ''), port: Number(port) };
}
