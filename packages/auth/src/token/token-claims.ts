/** Seconds from `nbf` to `exp`, as documented by Coinbase. */
export const TOKEN_LIFE_SECONDS = 120;

/** The documented issuer of WebSocket tokens since May 2024; `coinbase-cloud` before. */
export const ISSUER = 'cdp';

/** Three base64url parts: safe in a shell and in JSON. */
export const TOKEN_PATTERN: RegExp = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
