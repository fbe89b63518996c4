import type { KeyObject } from 'node:crypto';

/** Long enough that no sentence holds one by chance, short enough that no quoted piece of a secret escapes. */
const WINDOW = 8;

/** Every text in which a private key could turn up: PEM bodies, base64, base64url, hex, escaped, decimal bytes. */
export function encodingsOf(key: KeyObject): readonly string[] {
  const jwk = key.export({ format: 'jwk' });
  const secret = Buffer.from(jwk.d ?? '', 'base64url');
  const blobs = [
    secret,
    Buffer.concat([secret, Buffer.from(jwk.x ?? '', 'base64url')]),
    key.export({ format: 'der', type: 'pkcs8' }),
  ];
  const pems = [key.export({ format: 'pem', type: 'pkcs8' }).toString()];
  if (key.asymmetricKeyType === 'ec') pems.push(key.export({ format: 'pem', type: 'sec1' }).toString());
  return [
    ...blobs.flatMap((blob) => [
      blob.toString('base64'),
      blob.toString('base64url'),
      blob.toString('hex'),
      [...blob].join(','),
      [...blob].join(', '),
    ]),
    ...pems
      .map((pem) => pem.replaceAll(/-----[^-]+-----/g, ''))
      .flatMap((body) => [body.replaceAll('\n', ''), body.replaceAll('\n', '\\n')]),
  ];
}

/** Finds the pieces of secrets that stand in a text: none when nothing leaked. */
export function leakFinder(encodings: readonly string[]): (text: string) => readonly string[] {
  const pieces = new Set(encodings.flatMap(windowsOf));
  return (text) => windowsOf(text).filter((window) => pieces.has(window));
}

function windowsOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - WINDOW + 1) }, (_, start) =>
    text.slice(start, start + WINDOW),
  );
}
