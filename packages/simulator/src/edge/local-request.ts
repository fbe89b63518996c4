import type { IncomingMessage } from 'node:http';

/** Names under which a program on this machine reaches us; the port may be that of a tunnel or a proxy. */
const LOCAL_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/iu;

/**
 * Why a request may not have come from a program on this machine; `undefined` for one that may. A page in a browser
 * reaches loopback too: directly, which its `Origin` gives away, or by a name of its own that it points at 127.0.0.1
 * (DNS rebinding), which `Host` gives away.
 */
export function foreignRequest({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  if (headers.origin !== undefined) return 'pages in a browser are not served';
  return LOCAL_HOST.test(headers.host ?? '') ? undefined : 'forbidden host';
}
