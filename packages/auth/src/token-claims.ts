/** Seconds from `nbf` to `exp`, as Coinbase documents it. */
export const TOKEN_LIFE_SECONDS = 120;

/** The documented issuer of WebSocket tokens since May 2024; before, it was `coinbase-cloud`. */
export const ISSUER = 'cdp';

/** Three base64url parts: nothing that a shell or a JSON text could misread. */
export const TOKEN_PATTERN: RegExp = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
