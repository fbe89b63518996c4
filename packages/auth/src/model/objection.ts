/** Defects of a token, each observed to cause an "authentication failure". */
export type ObjectionCode =
  | 'not-a-token'
  | 'wrong-algorithm'
  | 'wrong-signature'
  | 'signature-length'
  | 'kid-missing'
  | 'sub-missing'
  | 'kid-is-not-sub'
  | 'nonce-missing'
  | 'wrong-issuer'
  | 'nbf-missing'
  | 'exp-missing'
  | 'not-yet-valid'
  | 'expired'
  | 'life-too-long'
  | 'has-uri'
  | 'has-audience';

/** A reason for which the exchange would reject a token, according to its documentation. */
export interface Objection {
  readonly code: ObjectionCode;
  /** A sentence for people, without any part of the token. */
  readonly message: string;
}
