/** One thing about a token that the exchange would object to. */
export interface Objection {
  readonly code: string;
  readonly message: string;
}
