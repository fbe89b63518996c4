import { AuthError } from '../model/auth-error.ts';

/**
 * Labels of private keys, in capitals and without spaces, which pasting may lose or change. Coinbase's first key files
 * had "ECDSA Private Key".
 */
const PRIVATE_LABELS: ReadonlySet<string> = new Set(['PRIVATEKEY', 'ECPRIVATEKEY', 'ECDSAPRIVATEKEY']);

interface Block {
  readonly label: string;
  /** The text between the BEGIN and END lines; undefined without an END. */
  readonly body: string | undefined;
}

/**
 * The base64 body of the private key in a text with PEM blocks; undefined without a block. Ignores text around blocks,
 * as RFC 7468 requires, and blocks of other kinds.
 * @throws {AuthError} AUTH_TRUNCATED_KEY, AUTH_PUBLIC_KEY, AUTH_ENCRYPTED_KEY, AUTH_WRONG_TYPE, AUTH_NOT_A_KEY
 */
export function findPem(text: string): string | undefined {
  const blocks = blocksOf(text);
  const keys = blocks.filter(({ label }) => PRIVATE_LABELS.has(label));
  if (keys.length > 1)
    throw new AuthError('AUTH_NOT_A_KEY', { found: `${keys.length} private keys in one text` });
  const [key] = keys;
  if (key === undefined) {
    if (blocks.length > 0) throw refusalOf(blocks.map(({ label }) => label));
    return undefined;
  }
  if (key.body === undefined) {
    throw new AuthError('AUTH_TRUNCATED_KEY', { found: 'a PEM key without its END line' });
  }
  if (key.body.includes('ENCRYPTED')) {
    throw new AuthError('AUTH_ENCRYPTED_KEY', { found: 'a PEM key with a Proc-Type: 4,ENCRYPTED header' });
  }
  return key.body;
}

function blocksOf(text: string): Block[] {
  return Array.from(
    text.matchAll(/-----BEGIN([A-Z0-9\s]{1,40})-----/gi),
    ({ 0: line, 1: label = '', index }) => {
      const start = index + line.length;
      const end = text.indexOf('-----END', start);
      return {
        label: label.replaceAll(/\s+/g, '').toUpperCase(),
        body: end === -1 ? undefined : text.slice(start, end),
      };
    },
  );
}

/** The error for labels none of which is a private key. Labels are input, so they are never quoted. */
function refusalOf(labels: readonly string[]): AuthError {
  if (labels.includes('ENCRYPTEDPRIVATEKEY')) {
    return new AuthError('AUTH_ENCRYPTED_KEY', { found: 'an encrypted PKCS8 PEM' });
  }
  if (labels.includes('RSAPRIVATEKEY')) return new AuthError('AUTH_WRONG_TYPE', { type: 'rsa' });
  if (labels.includes('DSAPRIVATEKEY')) return new AuthError('AUTH_WRONG_TYPE', { type: 'dsa' });
  if (labels.includes('OPENSSHPRIVATEKEY')) {
    return new AuthError('AUTH_NOT_A_KEY', { found: "a key in OpenSSH's own format" });
  }
  if (labels.some((label) => label.endsWith('PUBLICKEY'))) {
    return new AuthError('AUTH_PUBLIC_KEY', { found: 'a public key PEM' });
  }
  return new AuthError('AUTH_NOT_A_KEY', { found: 'PEM blocks, none of them a private key' });
}
