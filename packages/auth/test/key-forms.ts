import { createPublicKey, type KeyObject } from 'node:crypto';

/** A way in which a private key is handed around, made from a key generated at test time. */
export interface KeyForm {
  readonly name: string;
  readonly algorithm: 'ES256' | 'EdDSA';
  /** One of the 13 forms of the comparison with other clients. */
  readonly inMatrix: boolean;
  readonly write: (key: KeyObject) => string;
}

const sec1 = (key: KeyObject): string => key.export({ format: 'pem', type: 'sec1' }).toString();
const pkcs8 = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const escaped = (pem: string): string => pem.replaceAll('\n', '\\n');
const oneLine = (pem: string): string => pem.trim().replaceAll('\n', ' ');
const crlf = (pem: string): string => pem.replaceAll('\n', '\r\n');
const body = (pem: string): string => pem.replaceAll(/-----[^-]+-----|\n/g, '');
const wrapped = (base64: string): string => base64.replaceAll(/(.{64})/g, '$1\n');
const seed = (key: KeyObject): Buffer => Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
const portal = (key: KeyObject): Buffer =>
  Buffer.concat([seed(key), Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')]);

const matrix = (name: string, algorithm: KeyForm['algorithm'], write: KeyForm['write']): KeyForm => ({
  name,
  algorithm,
  inMatrix: true,
  write,
});
const more = (name: string, algorithm: KeyForm['algorithm'], write: KeyForm['write']): KeyForm => ({
  ...matrix(name, algorithm, write),
  inMatrix: false,
});

export const keyForms: readonly KeyForm[] = [
  matrix('EC SEC1 PEM', 'ES256', sec1),
  matrix('EC SEC1 PEM, CRLF', 'ES256', (key) => crlf(sec1(key))),
  matrix('EC SEC1 PEM, literal \\n', 'ES256', (key) => escaped(sec1(key))),
  matrix('EC SEC1 PEM, one line with spaces', 'ES256', (key) => oneLine(sec1(key))),
  matrix('EC SEC1 PEM in quotes', 'ES256', (key) => `"${sec1(key)}"`),
  matrix('EC SEC1 base64 body alone', 'ES256', (key) => body(sec1(key))),
  matrix('EC PKCS8 PEM', 'ES256', pkcs8),
  matrix('EC PKCS8 PEM, literal \\n', 'ES256', (key) => escaped(pkcs8(key))),
  matrix('Ed25519 64 bytes base64', 'EdDSA', (key) => portal(key).toString('base64')),
  matrix('Ed25519 64 bytes base64, newline', 'EdDSA', (key) => `${portal(key).toString('base64')}\n`),
  matrix('Ed25519 32 bytes base64', 'EdDSA', (key) => seed(key).toString('base64')),
  matrix('Ed25519 PKCS8 PEM', 'EdDSA', pkcs8),
  matrix('Ed25519 PKCS8 DER base64', 'EdDSA', (key) =>
    key.export({ format: 'der', type: 'pkcs8' }).toString('base64'),
  ),

  more('EC SEC1 PEM, literal \\r\\n in single quotes', 'ES256', (key) => `'${escaped(crlf(sec1(key)))}'`),
  more('EC SEC1 PEM, escaped twice', 'ES256', (key) => sec1(key).replaceAll('\n', '\\\\n')),
  more('EC SEC1 PEM, slashes escaped', 'ES256', (key) => escaped(sec1(key)).replaceAll('/', '\\/')),
  more('EC SEC1 PEM, no line breaks left', 'ES256', (key) => sec1(key).replaceAll('\n', '')),
  more('EC SEC1 PEM, blanks turned into line breaks', 'ES256', (key) => sec1(key).replaceAll(' ', '\n')),
  more('EC SEC1 PEM with the label of the first key files', 'ES256', (key) =>
    sec1(key).replaceAll('EC PRIVATE KEY', 'ECDSA Private Key'),
  ),
  more(
    'EC PKCS8 PEM after its public half',
    'ES256',
    (key) => `${createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString()}${pkcs8(key)}`,
  ),
  more('EC SEC1 PEM, indented', 'ES256', (key) => sec1(key).replaceAll(/^/gm, '    ')),
  more(
    'EC SEC1 PEM after an EC PARAMETERS block',
    'ES256',
    (key) => `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${sec1(key)}`,
  ),
  more(
    'EC PKCS8 PEM after bag attributes',
    'ES256',
    (key) => `Bag Attributes\n    localKeyID: 01 02\nKey Attributes: <No Attributes>\n${pkcs8(key)}`,
  ),
  more('EC SEC1 body under the PKCS8 label', 'ES256', (key) => sec1(key).replaceAll('EC PRIVATE', 'PRIVATE')),
  more('EC PKCS8 body under the SEC1 label', 'ES256', (key) =>
    pkcs8(key).replaceAll('PRIVATE', 'EC PRIVATE'),
  ),
  more('EC PKCS8 base64 body alone, wrapped', 'ES256', (key) => wrapped(body(pkcs8(key)))),
  more('EC PKCS8 PEM in typographic quotes', 'ES256', (key) => `“${pkcs8(key)}”`),
  more('EC SEC1 PEM behind a byte order mark', 'ES256', (key) => `\uFEFF${sec1(key)}`),
  more('EC PKCS8 PEM, CRLF', 'ES256', (key) => crlf(pkcs8(key))),
  more('EC PKCS8 PEM, one line with spaces', 'ES256', (key) => oneLine(pkcs8(key))),
  more('EC SEC1 PEM as a base64 text of its own', 'ES256', (key) =>
    Buffer.from(sec1(key)).toString('base64'),
  ),
  more('Ed25519 64 bytes base64url without padding', 'EdDSA', (key) => portal(key).toString('base64url')),
  more(
    'Ed25519 64 bytes base64 in quotes with blanks',
    'EdDSA',
    (key) => ` " ${portal(key).toString('base64')} " `,
  ),
  more(
    'Ed25519 64 bytes base64 with a literal \\n',
    'EdDSA',
    (key) => `${portal(key).toString('base64')}\\n`,
  ),
  more('Ed25519 64 bytes base64, wrapped', 'EdDSA', (key) => wrapped(portal(key).toString('base64'))),
  more('Ed25519 32 bytes base64url', 'EdDSA', (key) => seed(key).toString('base64url')),
  more('Ed25519 PKCS8 PEM, CRLF and literal \\n', 'EdDSA', (key) => escaped(crlf(pkcs8(key)))),
  more('Ed25519 PKCS8 PEM, one line with spaces', 'EdDSA', (key) => oneLine(pkcs8(key))),
  more('Ed25519 PKCS8 PEM in quotes', 'EdDSA', (key) => `'${pkcs8(key)}'`),
];
