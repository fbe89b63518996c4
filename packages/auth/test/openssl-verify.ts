import { spawnSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A token taken apart by hand, so that no code of the package or of jose judges itself. */
export interface TokenParts {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  readonly signature: Buffer;
  readonly signingInput: string;
}

const object = (part: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

export function partsOf(token: string): TokenParts {
  const [header = '', claims = '', signature = '', ...rest] = token.split('.');
  if (rest.length > 0) throw new Error('more than three parts');
  return {
    header: object(header),
    claims: object(claims),
    signature: Buffer.from(signature, 'base64url'),
    signingInput: `${header}.${claims}`,
  };
}

/** The `openssl` program's word on a token's signature. */
export function opensslVerifies(token: string, publicKey: KeyObject): boolean {
  const { signature, signingInput } = partsOf(token);
  const folder = mkdtempSync(join(tmpdir(), 'feedtape-openssl-'));
  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  try {
    const key = file('public.pem', publicKey.export({ format: 'pem', type: 'spki' }));
    const input = file('input', signingInput);
    const args =
      publicKey.asymmetricKeyType === 'ec'
        ? ['dgst', '-sha256', '-verify', key, '-signature', file('sig', derSignature(signature)), input]
        : [
            'pkeyutl',
            '-verify',
            '-pubin',
            '-inkey',
            key,
            '-rawin',
            '-in',
            input,
            '-sigfile',
            file('sig', signature),
          ];
    const { status, error } = spawnSync('openssl', args);
    if (error !== undefined) throw error;
    return status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A non-negative ASN.1 INTEGER: no leading zeros but the one that keeps the sign. */
function derInteger(bytes: Buffer): Buffer {
  let first = 0;
  while (first < bytes.length - 1 && bytes[first] === 0) first += 1;
  const digits = bytes.subarray(first);
  const padded = (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), digits]) : digits;
  return Buffer.concat([Buffer.from([0x02, padded.length]), padded]);
}

/** r‖s of RFC 7518 as the ASN.1 SEQUENCE that OpenSSL wants. */
function derSignature(p1363: Buffer): Buffer {
  const half = p1363.length / 2;
  const content = Buffer.concat([derInteger(p1363.subarray(0, half)), derInteger(p1363.subarray(half))]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}
