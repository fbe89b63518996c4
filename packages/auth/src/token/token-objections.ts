import type { Objection, ObjectionCode } from '../model/objection.ts';
import { ISSUER, TOKEN_LIFE_SECONDS } from './token-claims.ts';

/** The two JSON parts of a token and the length of its signature, all unverified. */
export interface TokenParts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signatureBytes: number;
}

/** All objections to a token at a time (milliseconds since 1970), apart from its signature. */
export function objectionsTo(
  { header, claims, signatureBytes }: TokenParts,
  now: number,
): readonly Objection[] {
  return [
    ...headerObjections(header, claims),
    ...claimObjections(claims),
    ...timeObjections(claims, now),
    ...(signatureBytes === 64
      ? []
      : [
          objection(
            'signature-length',
            `the signature has ${signatureBytes} bytes instead of 64 (r and s side by side; about 71 is the DER form, which JWS does not use)`,
          ),
        ]),
  ];
}

export function objection(code: ObjectionCode, message: string): Objection {
  return { code, message };
}

function headerObjections(header: TokenParts['header'], claims: TokenParts['claims']): Objection[] {
  const found: Objection[] = [];
  if (header['alg'] !== 'ES256' && header['alg'] !== 'EdDSA') {
    found.push(objection('wrong-algorithm', 'alg is neither ES256 nor EdDSA'));
  }
  if (!isText(header['kid'])) found.push(objection('kid-missing', "the header has no kid (the key's name)"));
  else if (isText(claims['sub']) && header['kid'] !== claims['sub']) {
    found.push(objection('kid-is-not-sub', 'kid and sub differ; both are the name of the key'));
  }
  if (!isText(header['nonce'])) found.push(objection('nonce-missing', 'the header has no nonce'));
  return found;
}

function claimObjections(claims: TokenParts['claims']): Objection[] {
  const found: Objection[] = [];
  if (!isText(claims['sub'])) found.push(objection('sub-missing', "there is no sub (the key's name)"));
  if (claims['iss'] !== ISSUER) {
    found.push(
      objection('wrong-issuer', `iss is not "${ISSUER}" ("coinbase-cloud" was right until May 2024)`),
    );
  }
  if (claims['uri'] !== undefined) {
    found.push(
      objection('has-uri', 'it has a uri: a token for one REST request, not for the WebSocket feed'),
    );
  }
  if (claims['aud'] !== undefined) {
    found.push(objection('has-audience', 'it has an aud, which is not used since April 2024'));
  }
  return found;
}

function timeObjections({ nbf, exp }: TokenParts['claims'], now: number): Objection[] {
  const found: Objection[] = [];
  if (!isTime(nbf)) found.push(objection('nbf-missing', 'there is no nbf in whole seconds'));
  else if (nbf * 1000 > now) {
    const ahead = Math.ceil(nbf - now / 1000);
    found.push(
      objection('not-yet-valid', `nbf is ${ahead} s in the future: the clock that made it runs ahead`),
    );
  }
  if (!isTime(exp)) found.push(objection('exp-missing', 'there is no exp in whole seconds'));
  else if (exp * 1000 <= now) {
    found.push(
      objection(
        'expired',
        `it expired ${Math.floor(now / 1000 - exp)} s ago: make a new one for each message`,
      ),
    );
  }
  if (isTime(nbf) && isTime(exp) && exp - nbf > TOKEN_LIFE_SECONDS) {
    found.push(
      objection('life-too-long', `it is meant to live ${exp - nbf} s; the limit is ${TOKEN_LIFE_SECONDS} s`),
    );
  }
  return found;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
