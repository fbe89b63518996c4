/** A secret as a server may quote it: the encodings that text goes through on its way into a log. */
export const encodings: Readonly<Record<string, (secret: string) => string>> = {
  raw: (secret) => secret,
  base64: (secret) => Buffer.from(secret).toString('base64'),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  percent: (secret) => secret.replace(/./gsu, (c) => `%${Buffer.from(c).toString('hex')}`),
  escaped: (secret) => secret.replace(/./gsu, (c) => `\\u00${Buffer.from(c).toString('hex')}`),
  references: (secret) => secret.replace(/./gsu, (c) => `&#${c.charCodeAt(0)};`),
  base64OfBase64: (secret) => Buffer.from(Buffer.from(secret).toString('base64')).toString('base64'),
  hexOfBase64: (secret) => Buffer.from(Buffer.from(secret).toString('base64')).toString('hex'),
};

/** The secrets of which some piece of so many characters stands in a text, in any of the encodings. */
export function findQuotations(text: string, secrets: readonly string[], length = 20): readonly string[] {
  return secrets.flatMap((secret) =>
    Object.entries(encodings)
      .filter(([, encode]) => piecesOf(secret, encode, length).some((piece) => text.includes(piece)))
      .map(([name]) => `${name} of ${secret}`),
  );
}

/** Pieces side by side; base64 groups three characters, so each of the three beginnings gives others. */
const piecesOf = (secret: string, encode: (secret: string) => string, length: number): readonly string[] =>
  [0, 1, 2].flatMap((skipped) => {
    const encoded = encode(secret.slice(skipped));
    const count = Math.floor(encoded.length / length);
    return Array.from({ length: count }, (_, index) => encoded.slice(index * length, (index + 1) * length));
  });
