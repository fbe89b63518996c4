import { createPrivateKey, randomBytes, sign } from 'node:crypto';
import { createTokenSource, generateKey } from '@feedtape/auth';
import jwt from 'jsonwebtoken';
import type { Bench, Work } from './measure.ts';

const TOKENS = 5000;

const { key } = generateKey('ES256');
const pem = key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

const claims = (): object => {
  const nbf = Math.floor(Date.now() / 1000);
  return { sub: key.name, iss: 'cdp', nbf, exp: nbf + 120 };
};
const header = () =>
  ({ alg: 'ES256', typ: 'JWT', kid: key.name, nonce: randomBytes(16).toString('hex') }) as const;
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** What a program without a library does. */
function bare(privateKey: typeof key.privateKey): string {
  const input = `${part(header())}.${part(claims())}`;
  const signature = sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${input}.${signature.toString('base64url')}`;
}

const oneByOne =
  (make: () => string | Promise<string>): Work =>
  async () => {
    for (let made = 0; made < TOKENS; made += 1) await make();
    return TOKENS;
  };

/** Making ES256 tokens. */
export const tokens: Bench = {
  title: 'Make an ES256 token',
  unit: 'token',
  subjects: {
    'node:crypto by hand': () => {
      const privateKey = createPrivateKey(pem);
      return oneByOne(() => bare(privateKey));
    },
    'createTokenSource(key)': () => oneByOne(createTokenSource(key)),
    'createTokenSource(key), 100 at a time': () => {
      const token = createTokenSource(key);
      return async () => {
        for (let made = 0; made < TOKENS; made += 100) {
          await Promise.all(Array.from({ length: 100 }, token));
        }
        return TOKENS;
      };
    },
    'jsonwebtoken, parsed key': () => {
      const privateKey = createPrivateKey(pem);
      return oneByOne(() =>
        jwt.sign(claims(), privateKey, { algorithm: 'ES256', header: header(), noTimestamp: true }),
      );
    },
    'jsonwebtoken, PEM at each call': () =>
      oneByOne(() => jwt.sign(claims(), pem, { algorithm: 'ES256', header: header(), noTimestamp: true })),
  },
  notes: [
    'One token is needed for each subscribe message, of which the exchange takes 8 a second.',
    'jose signs through WebCrypto; jsonwebtoken has no EdDSA.',
  ],
};
