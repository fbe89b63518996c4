import type { KeyObject } from 'node:crypto';
import { compactVerify } from 'jose';
import { AuthError } from '../model/auth-error.ts';
import { algorithmOf } from '../key/private-key.ts';
import { type ExplainOptions, explainToken, type TokenExplanation } from './token-explanation.ts';
import { objection } from './token-objections.ts';

/**
 * Verifies a token as the exchange would: every claim, and the signature with the algorithm of the key, not that of the
 * token.
 * @throws {AuthError} AUTH_TOKEN_REFUSED with all objections; AUTH_WRONG_CURVE or AUTH_WRONG_TYPE for the key;
 * AUTH_OPTION_INVALID
 */
export async function verifyToken(
  token: string,
  publicKey: KeyObject,
  options: ExplainOptions = {},
): Promise<TokenExplanation> {
  const algorithm = algorithmOf(publicKey);
  const explanation = explainToken(token, options);
  const signed = await compactVerify(token, publicKey, { algorithms: [algorithm] }).then(
    () => true,
    () => false,
  );
  const objections = signed
    ? explanation.objections
    : [...explanation.objections, objection('wrong-signature', `this key did not sign it with ${algorithm}`)];
  if (objections.length > 0) throw new AuthError('AUTH_TOKEN_REFUSED', { objections });
  return explanation;
}
