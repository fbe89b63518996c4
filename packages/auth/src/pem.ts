import { AuthError } from './auth-error.ts';

/**
 * Labels around a private key, in capitals and without blanks: a paste may have lost or changed those.
 * Coinbase's first key files said "ECDSA Private Key".
 */
const PRIVATE_LABELS: ReadonlySet<string> = new Set(['PRIVATEKEY', 'ECPRIVATEKEY', 'ECDSAPRIVATEKEY']);

interface Block {
  readonly label: string;
  /** What stands between the BEGIN and the END line; undefined where there is no END. */
  readonly body: string | undefined;
}

/**
 * The base64 body of the private key in a text with PEM blocks; undefined where there is no block.
 * Text around the blocks is ignored, as RFC 7468 asks of a reader, and so are blocks of other kinds.
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

/** Why none of these labels is a key. They are compared, never quoted: a label is text of the input. */
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
