import type { IncomingMessage } from 'node:http';

/** A refusal: the status code and the sentence that explains it. */
export interface Refusal {
  readonly status: 403 | 405;
  readonly reason: string;
}

/** Names under which a browser on this machine may reach the server. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];

const HOST_HEADER = /^(?:\[(?<address>[0-9a-f:.]{2,45})\]|(?<name>[\w.-]{1,253}))(?::\d{1,5})?$/iu;

/**
 * Refuses everything but GET, and every name that is not ours. A page of an attacker can make a browser on this
 * machine connect here by pointing its own name at 127.0.0.1 (DNS rebinding); the `Host` header then gives that
 * name away. The port is not compared: it differs behind an SSH tunnel or a container's port mapping.
 */
export function refusalOf(request: IncomingMessage, allowedHosts: readonly string[]): Refusal | undefined {
  if (request.method !== 'GET') return { status: 405, reason: 'only GET is answered here' };
  const host = hostOf(request.headers.host);
  // A socket that listens on both kinds of address says ::ffff:10.0.0.1 for 10.0.0.1.
  const address = request.socket.localAddress?.replace('::ffff:', '');
  const known = [...LOOPBACK_NAMES, ...allowedHosts, ...(address === undefined ? [] : [address])];
  if (host !== undefined && known.some((name) => name.toLowerCase() === host)) return undefined;
  return { status: 403, reason: 'the Host header names a host that is not this server' };
}

function hostOf(header: string | undefined): string | undefined {
  const { address, name } = HOST_HEADER.exec(header ?? '')?.groups ?? {};
  return (address ?? name)?.toLowerCase();
}
