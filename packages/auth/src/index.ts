export { AuthError, isAuthError } from './auth-error.ts';
export type { AnyAuthError, AuthErrorCode, AuthErrorDetails } from './auth-error.ts';
export { keyFromEnvironment, readKey, readKeyFile } from './key.ts';
export type { Key, KeyDocument, KeyInput, KeyOptions } from './key.ts';
export type { Algorithm } from './private-key.ts';
export { generateKey } from './generated-key.ts';
export { createTokenSource } from './token-source.ts';
export type { TokenSource, TokenSourceOptions } from './token-source.ts';
