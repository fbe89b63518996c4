import type { IncomingMessage } from 'node:http';

/** Status code and reason of a refused request. */
export interface Refusal {
  readonly status: 403 | 405;
  readonly reason: string;
}

/** Host names of loopback. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];

const HOST_HEADER = /^(?:\[(?<address>[0-9a-f:.]{2,45})\]|(?<name>[\w.-]{1,253}))(?::\d{1,5})?$/iu;

/**
 * Refuses all methods but GET and all host names but ours. DNS rebinding points an attacker's name at 127.0.0.1 to reach
 * this server through a browser; the `Host` header then holds that name. Ignores the port, which differs behind an SSH
 * tunnel or a container's port mapping.
 */
export function refusalOf(request: IncomingMessage, allowedHosts: readonly string[]): Refusal | undefined {
  if (request.method !== 'GET') return { status: 405, reason: 'only GET is supported' };
  const host = hostOf(request.headers.host);
  // A dual-stack socket reports 10.0.0.1 as ::ffff:10.0.0.1.
  const address = request.socket.localAddress?.replace('::ffff:', '');
  const known = [...LOOPBACK_NAMES, ...allowedHosts, ...(address === undefined ? [] : [address])];
  if (host !== undefined && known.some((name) => name.toLowerCase() === host)) return undefined;
  return { status: 403, reason: 'the Host header does not name this server' };
}

function hostOf(header: string | undefined): string | undefined {
  const { address, name } = HOST_HEADER.exec(header ?? '')?.groups ?? {};
  return (address ?? name)?.toLowerCase();
}
