import type { Duplex } from 'node:stream';
import { checkServerIdentity, TLSSocket } from 'node:tls';
import type { TransportFailure } from './transport.ts';

/** Cipher suites that do not encrypt, or authenticate nobody. */
const OPEN_CIPHER = /_(?:NULL|anon)(?:_|$)/;

const PROTOCOLS: ReadonlySet<string | null> = new Set(['TLSv1.2', 'TLSv1.3']);

/**
 * Looks at a connection as it was made. An agent brings TLS options of its own, which win over ours: one that accepts
 * any host, an old version of TLS, or no encryption, is only seen here. Nothing has been sent but the upgrade request.
 */
export function tlsFailure(socket: Duplex, host: string): TransportFailure | undefined {
  if (!(socket instanceof TLSSocket))
    return failure('ERR_TLS_UNVERIFIED', 'the agent brought a socket whose certificate cannot be checked');
  if (!socket.authorized)
    return failure(
      'ERR_TLS_UNVERIFIED',
      `the certificate was not verified: ${String(socket.authorizationError)}`,
    );
  const protocol = socket.getProtocol();
  if (!PROTOCOLS.has(protocol))
    return failure('ERR_TLS_PROTOCOL', `${protocol ?? 'an unknown protocol'} is older than TLS 1.2`);
  const { standardName } = socket.getCipher();
  if (OPEN_CIPHER.test(standardName)) return failure('ERR_TLS_CIPHER', `${standardName} does not encrypt`);
  const error = checkServerIdentity(host, socket.getPeerCertificate());
  return error === undefined ? undefined : failure('ERR_TLS_CERT_ALTNAME_INVALID', error.message);
}

const failure = (code: string, message: string): TransportFailure => ({ code, message });
