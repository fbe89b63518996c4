import { AuthError } from './auth-error.ts';

/** Labels that stand around a private key, without blanks: a paste may have lost or changed them. */
const PRIVATE_LABELS = new Set(['PRIVATEKEY', 'ECPRIVATEKEY']);

/** Blocks that stand beside a key in files of OpenSSL and hold nothing we need. */
const SKIPPED_LABELS = new Set(['ECPARAMETERS', 'CERTIFICATE']);

/**
 * The base64 body of the first private key in a text with PEM blocks; undefined where there is no block.
 * Text around the blocks is ignored, as RFC 7468 asks of a reader.
 * @throws {AuthError} AUTH_TRUNCATED_KEY, AUTH_PUBLIC_KEY, AUTH_ENCRYPTED_KEY, AUTH_WRONG_TYPE, AUTH_NOT_A_KEY
 */
export function findPem(text: string): string | undefined {
  const skipped: string[] = [];
  for (const match of text.matchAll(/-----BEGIN([A-Z0-9\s]{1,40})-----/g)) {
    const label = (match[1] ?? '').replaceAll(/\s+/g, '');
    if (SKIPPED_LABELS.has(label)) {
      skipped.push(label);
      continue;
    }
    const start = match.index + match[0].length;
    const end = text.indexOf('-----END', start);
    refuseOtherLabels(label);
    if (end === -1) throw new AuthError('AUTH_TRUNCATED_KEY', { found: 'a PEM key without its END line' });
    const body = text.slice(start, end);
    if (body.includes('ENCRYPTED')) {
      throw new AuthError('AUTH_ENCRYPTED_KEY', { found: 'a PEM key with a Proc-Type: 4,ENCRYPTED header' });
    }
    return body;
  }
  if (skipped.length > 0)
    throw new AuthError('AUTH_NOT_A_KEY', { found: 'a PEM file without a private key' });
  return undefined;
}

function refuseOtherLabels(label: string): void {
  if (PRIVATE_LABELS.has(label)) return;
  if (label === 'ENCRYPTEDPRIVATEKEY') {
    throw new AuthError('AUTH_ENCRYPTED_KEY', { found: 'an encrypted PKCS8 PEM' });
  }
  if (label.endsWith('PUBLICKEY')) throw new AuthError('AUTH_PUBLIC_KEY', { found: 'a public key PEM' });
  if (label === 'RSAPRIVATEKEY') throw new AuthError('AUTH_WRONG_TYPE', { type: 'rsa' });
  if (label === 'DSAPRIVATEKEY') throw new AuthError('AUTH_WRONG_TYPE', { type: 'dsa' });
  if (label === 'OPENSSHPRIVATEKEY') {
    throw new AuthError('AUTH_NOT_A_KEY', { found: "a key in OpenSSH's own format" });
  }
  throw new AuthError('AUTH_NOT_A_KEY', { found: 'a PEM block of another kind' });
}
