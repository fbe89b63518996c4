import type { KeyObject } from 'node:crypto';

/** Every text in which a private key could turn up: PEM bodies, base64, base64url, hex, escaped, decimal bytes. */
export function encodingsOf(key: KeyObject): readonly string[] {
  const jwk = key.export({ format: 'jwk' });
  const secret = Buffer.from(jwk.d ?? '', 'base64url');
  const pair = Buffer.concat([secret, Buffer.from(jwk.x ?? '', 'base64url')]);
  const der = key.export({ format: 'der', type: 'pkcs8' });
  const pems = [key.export({ format: 'pem', type: 'pkcs8' }).toString()];
  if (key.asymmetricKeyType === 'ec') pems.push(key.export({ format: 'pem', type: 'sec1' }).toString());
  return [
    ...[secret, pair, der].flatMap((bytes) => [bytes.toString('base64'), bytes.toString('base64url')]),
    // The rest of the DER is the same for every key, and in hexadecimal it turns up by chance.
    secret.toString('hex'),
    [...secret].join(','),
    [...secret].join(', '),
    ...pems
      .map((pem) => pem.replaceAll(/-----[^-]+-----/g, ''))
      .flatMap((body) => [body.replaceAll('\n', ''), body.replaceAll('\n', '\\n')]),
  ];
}

/**
 * Finds the pieces of secrets that stand in a text: none when nothing leaked. A piece of 8 characters is short
 * enough that no quotation escapes; a text with much hexadecimal in it holds some by chance and needs 12.
 */
export function leakFinder(
  encodings: readonly string[],
  length: 8 | 12 = 8,
): (text: string) => readonly string[] {
  const pieces = new Set(encodings.flatMap((encoding) => piecesOf(encoding, length)));
  return (text) => piecesOf(text, length).filter((piece) => pieces.has(piece));
}

function piecesOf(text: string, length: number): string[] {
  const count = Math.max(0, text.length - length + 1);
  return Array.from({ length: count }, (_, start) => text.slice(start, start + length));
}
